import { UserError } from "../errors.ts";
import { readImage, readLabels } from "../volume/nifti_read.ts";
import type { LabelVolume, Volume } from "../volume/volume.ts";
import { contentOf } from "./content.ts";
import { type Manifest, type ManifestEntry, readManifest } from "./manifest.ts";
import { caseFiles, readRecord } from "./prepare_case.ts";

/** A folder of prepared cases. */
export interface PreparedDataset extends Manifest {
  readonly dir: string;
}

/** A prepared case in memory; intensities in [0, 1], all volumes in RAS order. */
export interface PreparedCase {
  readonly id: string;
  readonly entry: ManifestEntry;
  /** The whole scan resized to a cube. */
  readonly cubeImage: Volume;
  readonly cubeLabels: LabelVolume;
  /** The scan itself, in its own grid unless that has an axis beyond `settings.scanMaxEdge`. */
  readonly scanImage: Volume;
  readonly scanLabels: LabelVolume;
}

/**
 * Opens a folder that {@linkcode prepareDataset} filled; reads no volume.
 *
 * @throws UserError as {@linkcode readManifest}, and when no case is prepared
 */
export async function openPrepared(dir: string): Promise<PreparedDataset> {
  const manifest = await readManifest(dir);
  if (manifest.entries.length === 0) {
    throw new UserError({
      what: `cannot open the prepared data set ${dir}`,
      rule: "it must hold at least one case",
      seen: "without any",
      remedy: "Run deno task check to see what is wrong with the source",
    });
  }
  return { ...manifest, dir };
}

/** An image and its labels on the same grid; intensities in [0, 1], RAS order. */
export interface LabelledImage {
  readonly image: Volume;
  readonly labels: LabelVolume;
}

/**
 * Reads the cube of a case: the whole scan resized.
 *
 * @throws UserError when the data set has no such case, or a file is damaged
 */
export async function loadCube(prepared: PreparedDataset, id: string): Promise<LabelledImage> {
  return await loadPair(prepared, id, caseFiles.cubeImage, caseFiles.cubeLabels);
}

/**
 * Reads the scan of a case, in its own grid unless that has an axis beyond `settings.scanMaxEdge`.
 *
 * @throws UserError as {@linkcode loadCube}
 */
export async function loadScan(prepared: PreparedDataset, id: string): Promise<LabelledImage> {
  return await loadPair(prepared, id, caseFiles.scanImage, caseFiles.scanLabels);
}

/**
 * Reads the four volumes of a case.
 *
 * @throws UserError as {@linkcode loadCube}
 */
export async function loadCase(prepared: PreparedDataset, id: string): Promise<PreparedCase> {
  const entry = entryOf(prepared, id);
  const [cube, scan] = await Promise.all([loadCube(prepared, id), loadScan(prepared, id)]);
  return {
    id,
    entry,
    cubeImage: cube.image,
    cubeLabels: cube.labels,
    scanImage: scan.image,
    scanLabels: scan.labels,
  };
}

/**
 * The manifest's entry of a case.
 *
 * @throws UserError when the data set has no such case
 */
export function entryOf(prepared: PreparedDataset, id: string): ManifestEntry {
  const entry = prepared.entries.find((one) => one.id === id);
  if (entry !== undefined) return entry;
  throw new UserError({
    what: `cannot load the case ${id}`,
    rule: `it must be one of the ${prepared.entries.length} cases of ${prepared.dir}`,
    seen: "none of them",
    remedy: "Prepare the data set again, or correct the name",
  });
}

async function loadPair(
  prepared: PreparedDataset,
  id: string,
  imageFile: string,
  labelFile: string,
): Promise<LabelledImage> {
  const entry = entryOf(prepared, id);
  const folder = `${prepared.dir}/${entry.id}`;
  const [{ volume }, { labels }] = await Promise.all([
    readImage(`${folder}/${imageFile}`),
    readLabels(`${folder}/${labelFile}`),
  ]);
  await refuseOther(folder, entry, prepared); // once the files are read: it may happen at any time
  return { image: volume, labels };
}

/** Refuses what another process has prepared from other files, or in another way, since it was opened. */
async function refuseOther(
  folder: string,
  entry: ManifestEntry,
  { settings }: PreparedDataset,
): Promise<void> {
  const record = await readRecord(folder);
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  if (record === undefined) return;
  if (same(record.settings, settings) && same(contentOf(record.entry), contentOf(entry))) return;
  throw new UserError({
    what: `cannot load the case ${entry.id}`,
    rule: `${folder} must be as it was when the data set was opened`,
    seen: "prepared anew, from other files or in another way",
    remedy: "Prepare into folders of their own what is prepared in several ways, and start again",
  });
}
