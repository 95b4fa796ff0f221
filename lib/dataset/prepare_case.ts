import { UserError } from "../errors.ts";
import { exists, makeFolder, passingPath, refusalOf, writeAtomic, writing } from "../files.ts";
import { voxelsToUnit } from "../volume/box.ts";
import { filesOfNifti } from "../volume/nifti_open.ts";
import { writeLabels, writeVolume } from "../volume/nifti_write.ts";
import { spacingMm, voxelMm3 } from "../volume/volume.ts";
import { type DatasetCase, volumeChoice } from "./dataset.ts";
import { compareGrids, describeMismatch } from "./grid_pair.ts";
import { hashFiles } from "./hash_file.ts";
import {
  type ManifestEntry,
  type PreparedLabel,
  preparedVersion,
  type PrepareSettings,
  type SourceState,
} from "./manifest.ts";
import { type ReadScan, readScanImages } from "./scan_images.ts";
import { type ReadScanLabels, readScanLabels } from "./scan_labels.ts";

/** A case with labels. */
export type LabelledCase = DatasetCase & { readonly labelPath: string };

/** One case to be prepared. */
export interface PrepareJob {
  readonly source: LabelledCase;
  /** The prepared data set's folder; the case gets the folder of its id there. */
  readonly dir: string;
  readonly settings: PrepareSettings;
}

/** What a case's own record, `entry.json`, holds: enough to tell whether it is current. */
export interface CaseRecord {
  readonly version: number;
  readonly settings: PrepareSettings;
  readonly entry: ManifestEntry;
}

/** The four volumes of a prepared case. */
export const caseFiles = {
  cubeImage: "cube_image.nii",
  cubeLabels: "cube_labels.nii",
  scanImage: "scan_image.nii",
  scanLabels: "scan_labels.nii",
} as const;

/** The file that holds a {@linkcode CaseRecord}. */
export const recordFile = "entry.json";

/** Intensities in [0, 1] are stored as 0 .. 65535: finer than any scanner's steps, half of a float. */
const unitFormat = { type: "uint16", slope: 1 / 65535 } as const;

/**
 * Prepares one case: both files are brought to RAS order, intensities to [0, 1], and the whole scan
 * is resized to a cube (images by antialiased trilinear interpolation, labels by nearest
 * neighbour). The folder appears under its name when it is complete, never before.
 *
 * @throws UserError when a file cannot be read, the labels do not lie on the image's grid, or a
 *   source changes meanwhile
 */
export async function prepareCase({ source, dir, settings }: PrepareJob): Promise<ManifestEntry> {
  const states = {
    image: await sourceState(source.imagePath),
    labels: await sourceState(source.labelPath),
  };
  const { scan, labels } = await readPair(source, settings);
  await refuseChange(source.imagePath, states.image);
  await refuseChange(source.labelPath, states.labels);
  const { scanImage, cubeImage, window } = scan.images;
  const entry: ManifestEntry = {
    id: source.id,
    subset: source.subset,
    modality: source.modality,
    imagePath: source.imagePath,
    ...(scan.header.volumeCount > 1 ? { imageVolume: source.imageVolume } : {}),
    imageChannel: source.imageChannel,
    labelPath: source.labelPath,
    source: states,
    window,
    shape: scan.grid.shape,
    spacingMm: spacingMm(scan.grid),
    scanShape: scanImage.shape,
    labels: describeLabels(labels),
    ...(labels.specks.size > 0 ? { specks: Object.fromEntries(labels.specks) } : {}),
  };
  await writeFolder(`${dir}/${source.id}`, async (folder) => {
    // Together, so that the disk is waited for once; all to their end, before a fault is told of.
    const written = [
      writeVolume(`${folder}/${caseFiles.cubeImage}`, cubeImage, unitFormat),
      writeLabels(`${folder}/${caseFiles.cubeLabels}`, labels.cubeLabels),
      writeVolume(`${folder}/${caseFiles.scanImage}`, scanImage, unitFormat),
      writeLabels(`${folder}/${caseFiles.scanLabels}`, labels.scanLabels),
    ];
    await Promise.allSettled(written);
    await Promise.all(written);
    await writeRecord(folder, { version: preparedVersion, settings, entry });
  });
  return entry;
}

/** The record in the folder of a case; `undefined` where there is none, or a damaged one. */
export async function readRecord(folder: string): Promise<CaseRecord | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(`${folder}/${recordFile}`)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Writes the record in the folder of a case, whole or not at all. */
export async function writeRecord(folder: string, record: CaseRecord): Promise<void> {
  await writeAtomic(`${folder}/${recordFile}`, JSON.stringify(record, null, 1) + "\n");
}

/** Size, time and digest of a source file, or of both files of a pair together. */
async function sourceState(path: string): Promise<SourceState> {
  const state = await fileState(path);
  return { sha256: await hashSource(path), ...state };
}

/** A source file, with the voxels beside it where it is the header of a pair. */
async function sourceFiles(path: string): Promise<readonly string[]> {
  const [header, voxels] = filesOfNifti(path);
  return voxels !== undefined && await exists(voxels) ? [header, voxels] : [header];
}

/** @throws UserError when it cannot be read */
async function hashSource(path: string): Promise<string> {
  try {
    return await hashFiles(await sourceFiles(path), "sha256");
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Size and time of a source file; of a pair the sizes' sum and the later time.
 *
 * @throws UserError when it is missing
 */
async function fileState(path: string): Promise<{ bytes: number; modifiedMs: number }> {
  let [bytes, modifiedMs] = [0, 0];
  for (const file of await sourceFiles(path)) {
    const { size, mtime, isFile } = await Deno.stat(file).catch((error) => {
      throw unreadable(file, error);
    });
    if (!isFile) throw unreadable(file, "no file");
    bytes += size;
    modifiedMs = Math.max(modifiedMs, mtime?.getTime() ?? 0);
  }
  return { bytes, modifiedMs };
}

/**
 * The state now of the same file of the same size and time, or else of one of the same content;
 * `undefined` for another, and for one that is missing or cannot be read.
 */
export async function stateIfUnchanged(
  path: string,
  before: SourceState,
  pathBefore = path,
): Promise<SourceState | undefined> {
  const now = await fileState(path).catch(() => undefined);
  if (now === undefined || now.bytes !== before.bytes) return undefined;
  const isUntouched = path === pathBefore && now.modifiedMs === before.modifiedMs;
  const isSame = isUntouched || await hashSource(path).catch(() => null) === before.sha256;
  return isSame ? { ...before, ...now } : undefined;
}

function unreadable(path: string, cause: unknown): UserError {
  return new UserError({
    what: `cannot read ${path}`,
    rule: "the file must be there and the system must let it be read",
    seen: cause instanceof Deno.errors.NotFound
      ? "missing"
      : cause instanceof Error
      ? refusalOf(cause)
      : String(cause),
    remedy: "Check that the data set is complete: deno task check",
  });
}

async function refuseChange(path: string, before: SourceState): Promise<void> {
  const { bytes, modifiedMs } = await fileState(path);
  if (bytes === before.bytes && modifiedMs === before.modifiedMs) return;
  throw new UserError({
    what: `cannot prepare ${path}`,
    rule: "a file must not change while it is read",
    seen: bytes === before.bytes
      ? "written again meanwhile"
      : `changed from ${before.bytes} to ${bytes} bytes`,
    remedy: "Wait until it is complete and prepare again",
  });
}

async function readPair(
  source: LabelledCase,
  settings: PrepareSettings,
): Promise<{ scan: ReadScan; labels: ReadScanLabels }> {
  const { imagePath, labelPath, modality } = source;
  const scan = await readScanImages(imagePath, { ...volumeChoice(source), modality, settings });
  const labels = await readScanLabels(labelPath, settings);
  const grids = compareGrids(scan.orientation.grid, labels.fileGrid);
  if (grids.verdict === "apart") {
    throw new UserError({
      what: `cannot prepare ${source.id}`,
      rule: `${labelPath} must lie on the grid of ${imagePath}`,
      seen: `not so: ${describeMismatch(grids)}`,
      remedy: "Resample the labels to the image's grid, or correct the header that is wrong",
    });
  }
  return { scan, labels };
}

function describeLabels(
  { extents, pieces, grid }: ReadScanLabels,
): Record<string, PreparedLabel> {
  const mm3 = voxelMm3(grid);
  return Object.fromEntries(
    [...extents].map(([value, { voxels, boxVoxels }]) => {
      const boxUnit = voxelsToUnit(boxVoxels, grid.shape);
      const label = {
        voxels,
        volumeMm3: voxels * mm3,
        boxUnit,
        pieces: pieces.get(value) ?? 1,
      };
      return [String(value), label];
    }),
  );
}

/** Makes a folder under a passing name, has it filled, and gives it its name. */
async function writeFolder(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (await exists(path) && !await exists(`${path}/${recordFile}`)) {
    throw new UserError({
      what: `cannot prepare into ${path}`,
      rule: "only the folder of a prepared case is replaced",
      seen: `one without ${recordFile}`,
      remedy: "Move it away, or prepare into another folder",
    });
  }
  const passing = passingPath(path);
  try {
    await makeFolder(passing);
    await fill(passing);
    await writing(path, async () => {
      await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
      await Deno.rename(passing, path);
    });
  } catch (error) {
    await Deno.remove(passing, { recursive: true }).catch(() => {}); // the cause is what is told of
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
