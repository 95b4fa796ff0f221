import { basename, join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { rawFolder } from "../paths.ts";
import type { Dataset, DatasetCase, Subset } from "./dataset.ts";
import { readDatasetJson } from "./dataset_json.ts";
import type { LayoutContent, OpenOptions } from "./layout_content.ts";
import { readListed } from "./layout_listed.ts";
import { readNnunet } from "./layout_nnunet.ts";
import { readPair } from "./layout_pair.ts";

export type { Dataset, DatasetCase, Layout, Modality, Subset } from "./dataset.ts";
export type { OpenOptions } from "./layout_content.ts";

const layoutsKnown = "a data set is a folder with a dataset.json of AMOS22, the Medical " +
  "Segmentation Decathlon or nnU-Net v2, or with the folders images and labels";

/**
 * Finds out how a data set lies on the disk and lists its cases; opens no volume. A name that is no
 * folder here is looked for where downloads and phantoms go, in data/raw.
 *
 * - AMOS22: a dataset.json with the lists `training` and `validation`; a case numbered up to 500 is
 *   CT, above MR.
 * - Medical Segmentation Decathlon: a dataset.json with the list `training`.
 * - nnU-Net v2: a dataset.json with `channel_names`, and imagesTr/CASE_0000.nii.gz.
 * - A plain pair: images/CASE.nii.gz and labels/CASE.nii.gz, with an optional labels.json of names
 *   and values. It says nothing of the modality, which therefore has to be given.
 *
 * @throws UserError when the folder is none of these, has no cases, or names two cases alike
 */
export async function openDataset(dir: string, options: OpenOptions = {}): Promise<Dataset> {
  const what = `cannot open the data set ${dir}`;
  const root = await findFolder(dir);
  if (root === null) {
    const remedy = "Check the path, or get a data set by deno task phantom or deno task download";
    throw new UserError({ what, rule: layoutsKnown, seen: "no folder", remedy });
  }
  const found = await readLayout(root, what, options);
  const dataset = { ...found, name: basename(root), root, cases: sortCases(found.cases) };
  if (dataset.cases.length === 0) {
    throw new UserError({
      what,
      rule: `its ${dataset.layout} layout must name at least one case`,
      seen: "without any",
      remedy: "Check that it was unpacked completely",
    });
  }
  refuseUnfitNames(dataset.cases, what);
  refuseTwins(dataset.cases, what);
  return dataset;
}

async function findFolder(dir: string): Promise<string | null> {
  const places = [resolve(dir), ...(basename(dir) === dir ? [join(rawFolder, dir)] : [])];
  for (const place of places) {
    const isFolder = await Deno.stat(place).then((info) => info.isDirectory, () => false);
    if (isFolder) return place;
  }
  return null;
}

async function readLayout(
  root: string,
  what: string,
  options: OpenOptions,
): Promise<LayoutContent> {
  const path = `${root}/dataset.json`;
  if (await exists(path)) {
    const json = await readDatasetJson(path);
    if (json.training !== undefined) return readListed(root, json, options, what);
    if (json.channelNames !== undefined) return await readNnunet(root, json, options, what);
    throw new UserError({
      what,
      rule: "its dataset.json must have the list training (AMOS22, MSD) or channel_names (nnU-Net)",
      seen: `one with ${json.keys.join(", ") || "nothing"}`,
      remedy: "Correct dataset.json, or remove it to use the folders images and labels",
    });
  }
  if (await exists(`${root}/images`)) return await readPair(root, options, what);
  throw new UserError({
    what,
    rule: layoutsKnown,
    seen: "without them",
    remedy: "Give the folder that holds dataset.json, or images and labels",
  });
}

const subsetOrder: Readonly<Record<Subset, number>> = { training: 0, validation: 1, test: 2 };

function sortCases(cases: readonly DatasetCase[]): DatasetCase[] {
  return cases.toSorted((a, b) =>
    subsetOrder[a.subset] - subsetOrder[b.subset] || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** A case's name becomes that of a folder beside manifest.json. */
function refuseUnfitNames(cases: readonly DatasetCase[], what: string): void {
  for (const { id, imagePath } of cases) {
    if (id !== "" && !id.startsWith(".") && !/[/\\]/.test(id) && id !== "manifest.json") continue;
    throw new UserError({
      what,
      rule: "the name of a case must be fit for a folder: not empty, without a dot in front",
      seen: `"${id}" of ${imagePath}`,
      remedy: "Rename the file, or correct dataset.json",
    });
  }
}

/** Two names that differ in case or Unicode form only would share a folder on some systems. */
function refuseTwins(cases: readonly DatasetCase[], what: string): void {
  const seen = new Map<string, DatasetCase>();
  for (const one of cases) {
    const key = one.id.normalize("NFC").toLowerCase();
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw new UserError({
        what,
        rule: "the names of its cases must differ, not only in upper and lower case",
        seen: `${twin.imagePath} and ${one.imagePath}`,
        remedy: "Rename one of them",
      });
    }
    seen.set(key, one);
  }
}
