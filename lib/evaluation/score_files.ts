import { niftiFiles, withoutChannel } from "../dataset/case_files.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { type Organ, organValues, parseOrgan } from "../dataset/organ.ts";
import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { labelExtents } from "../volume/labels.ts";
import { maskOfLabels } from "../volume/volume.ts";
import { type MaskScores, scoreMasks } from "./case_scores.ts";
import { readMaskPair } from "./read_mask_pair.ts";

/** A case of a data set and the file of labels that a program made of its scan. */
export interface MaskFile {
  readonly caseId: string;
  readonly maskPath: string;
  readonly labelPath: string;
}

/** The masks of a folder with their cases. */
export interface MaskFolder {
  readonly files: readonly MaskFile[];
  /** Cases with labels that have no mask there. */
  readonly missing: readonly string[];
}

/** One class of an organ in one case: a mask of whatever program against the data set's labels. */
export interface FileScore extends MaskScores {
  readonly caseId: string;
  readonly organ: string;
  /** The class inside the organ; the organ's name where it has one class. */
  readonly className: string;
}

/** The values in the masks by the data set's value of the same label. */
export type MaskValues = ReadonlyMap<number, readonly number[]>;

/** How {@linkcode scoreFiles} goes about it. */
export interface ScoreOptions {
  /** Where the masks have other values than the data set; of every label that is scored. */
  readonly maskValues?: MaskValues;
  /** Hears of the values of each mask, background apart, ascending. */
  readonly onValues?: (values: readonly number[]) => void;
  /** Distance up to which NSD counts a surface voxel as met. */
  readonly toleranceMm: number;
  readonly onCase?: (done: number, total: number) => void;
  /** Ends it before the next case. */
  readonly signal?: AbortSignal;
}

/**
 * Pairs the NIfTI files of a folder with the cases of a data set by their names: that of the case,
 * `CASE.nii.gz`, or that of its image, as `predict` writes masks, `CASE_0000.nii.gz` in nnU-Net's
 * layout, of whatever channel.
 *
 * @throws {UserError} when the folder has none, one that is of no case or of a case without labels, or
 *   two of one case
 */
export async function pairMasks(folder: string, dataset: Dataset): Promise<MaskFolder> {
  const refuse = (rule: string, seen: string, remedy: string) =>
    new UserError({ what: `cannot score the masks of ${folder}`, rule, seen, remedy });
  const masks = await niftiFiles(folder);
  if (masks.size === 0) {
    const rule = "the folder must hold files named CASE.nii.gz or CASE.nii";
    const subfolder = await firstSubfolder(folder);
    if (subfolder === undefined) throw refuse(rule, "none", "Check the path");
    throw refuse(
      rule,
      `none; it holds folders, as ${subfolder}`,
      "Give one with a file of all labels for each case; TotalSegmentator makes those with --ml",
    );
  }
  const labelled = dataset.cases.flatMap(({ id, labelPath }) =>
    labelPath === null ? [] : [{ caseId: id, labelPath }]
  );
  const byName = new Map(labelled.map((one) => [one.caseId, one]));
  const files = new Map<string, MaskFile>();
  for (const [name, maskPath] of masks) {
    // In nnU-Net's folders, of whichever channel the mask was made.
    const own = byName.get(name) ??
      (dataset.layout === "nnunet" ? byName.get(withoutChannel(name)) : undefined);
    if (own === undefined) {
      throw refuse(
        `each must be named as a case of ${dataset.name} that has labels`,
        maskPath,
        `Cases: ${labelled.slice(0, 3).map(({ caseId }) => caseId).join(", ")}, ...`,
      );
    }
    const { caseId, labelPath } = own;
    const other = files.get(caseId);
    if (other !== undefined) {
      const seen = `${other.maskPath} and ${maskPath}`;
      throw refuse("each case has one mask", seen, "Remove one of them");
    }
    files.set(caseId, { caseId, maskPath, labelPath });
  }
  return {
    files: [...files.values()].sort((a, b) => a.caseId < b.caseId ? -1 : 1),
    missing: labelled.map(({ caseId }) => caseId).filter((id) => !files.has(id)),
  };
}

/** The name of a folder in a folder, which need not be there. */
async function firstSubfolder(folder: string): Promise<string | undefined> {
  if (!await exists(folder)) return undefined;
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && !name.startsWith(".")) names.push(name);
  }
  return names.sort()[0];
}

/**
 * Reads which values labels have in masks of another numbering: "liver=5", "kidney=2+3" for a label
 * that the masks have in two parts.
 *
 * @throws {UserError} when a text is not of that form, names no single label of the data set, or one
 *   that another has named
 */
export function parseMaskValues(
  specs: readonly string[],
  labels: Readonly<Record<string, number>>,
): MaskValues {
  const maskValues = new Map<number, readonly number[]>();
  for (const spec of specs) {
    const refuse = (rule: string, seen: string) =>
      new UserError({
        what: `cannot use --values "${spec}"`,
        rule,
        seen,
        remedy: "Write the data set's label and its value in the masks, as --values liver=5",
      });
    const [, name, numbers] = /^(.+)=([\d+\s]+)$/.exec(spec) ?? [];
    const values = numbers?.split("+").map(Number) ?? [];
    if (!values.every((value) => value >= 1 && value <= 65535) || values.length === 0) {
      throw refuse("it must be LABEL=VALUE or LABEL=VALUE+VALUE, values from 1 to 65535", spec);
    }
    const [label, ...others] = organValues(parseOrgan(name.trim(), labels));
    if (others.length > 0) throw refuse("it must name one label of the data set", name);
    if (maskValues.has(label)) throw refuse("each label must be named once", `${name} twice`);
    maskValues.set(label, values);
  }
  return maskValues;
}

/**
 * Refuses organs of one name, whose cases would be taken for those of one organ.
 *
 * @throws {UserError} that names it
 */
export function requireDifferentNames(organs: readonly Organ[]): void {
  const names = organs.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated === undefined) return;
  throw new UserError({
    what: "cannot score the organs",
    rule: "each --organ must have a name of its own",
    seen: `${repeated} more than once`,
    remedy: "Name them apart, as --organ right=2 --organ left=3, or give it once",
  });
}

/**
 * Refuses organs with a label whose value in the masks is not known.
 *
 * @throws {UserError} in that case
 */
export function requireMaskValues(organs: readonly Organ[], maskValues: MaskValues): void {
  for (const organ of organs) {
    const unknown = organValues(organ).find((value) => !maskValues.has(value));
    if (unknown === undefined) continue;
    throw new UserError({
      what: `cannot score the ${organ.name}`,
      rule: "with --values, each label that is scored must have one",
      seen: `none for the data set's value ${unknown}`,
      remedy: `Add --values "${organ.name}=VALUE", or leave it out by --organ`,
    });
  }
}

/** More values than any atlas of the body has: those of an image. */
const mostLabels = 1000;

function imageForMask(path: string, count: number): UserError {
  return new UserError({
    what: `cannot score ${path}`,
    rule: `a mask has at most ${mostLabels} label values`,
    seen: `${count} of them, as an image has`,
    remedy: "Give the folder of the masks, not that of the scans",
  });
}

/**
 * Scores masks on the grid of the labels, a row for each case and class. Files whose axes run
 * differently are compared where their voxels lie.
 *
 * @throws {UserError} when a file cannot be read, or a mask lies elsewhere than the labels
 */
export async function scoreFiles(
  files: readonly MaskFile[],
  organs: readonly Organ[],
  { maskValues, toleranceMm, onValues, onCase, signal }: ScoreOptions,
): Promise<FileScore[]> {
  const scores: FileScore[] = [];
  for (const [done, { caseId, maskPath, labelPath }] of files.entries()) {
    signal?.throwIfAborted();
    const { labels, masks } = await readMaskPair(labelPath, maskPath, "score");
    const found = [...labelExtents(masks).keys()];
    if (found.length > mostLabels) throw imageForMask(maskPath, found.length);
    onValues?.(found);
    for (const organ of organs) {
      for (const { name, values } of organ.classes) {
        const theirs = maskValues ? values.flatMap((value) => maskValues.get(value)!) : values;
        const [expected, given] = [maskOfLabels(labels, values), maskOfLabels(masks, theirs)];
        scores.push({
          caseId,
          organ: organ.name,
          className: name,
          ...scoreMasks(expected, given, toleranceMm),
        });
      }
    }
    onCase?.(done + 1, files.length);
  }
  return scores;
}
