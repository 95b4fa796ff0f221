import { UserError } from "../errors.ts";
import { exists, writeAtomic } from "../files.ts";
import type { Box3 } from "../volume/box.ts";
import type { IntensityWindow } from "../volume/intensity.ts";
import type { Triple } from "../volume/volume.ts";
import type { Layout, Modality, Subset } from "./dataset.ts";

/** Raised whenever prepared cases of an older program must be made again. */
export const preparedVersion = 4;

/** What decides how a case is prepared. */
export interface PrepareSettings {
  /** Edge of the cube that every scan is resized to; 128 in the paper (section 4.1). */
  readonly cubeEdge: number;
  /** Longest axis of the scan that is kept beside the cube, in voxels. */
  readonly scanMaxEdge: number;
  /** CT window in HU. */
  readonly ctWindow: IntensityWindow;
  /** MR window in percentiles of the scan's own intensities. */
  readonly mrPercentiles: IntensityWindow;
  /** Components of a label that hold less than this share of its voxels are left out; 0 keeps all. */
  readonly speckShare: number;
}

/** State of a source file when it was prepared. */
export interface SourceState {
  readonly sha256: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Where one label of a case is, measured in the source's own grid, without specks. */
export interface PreparedLabel {
  readonly voxels: number;
  readonly volumeMm3: number;
  /** The smallest box that holds it, as shares of the RAS grid's axes: the same on scan and cube. */
  readonly boxUnit: Box3;
  /** How many pieces it comes in, as `piecesOf` counts. */
  readonly pieces: number;
}

/** A prepared case. */
export interface ManifestEntry {
  readonly id: string;
  readonly subset: Subset;
  readonly modality: Modality;
  /** Absolute paths of the sources. */
  readonly imagePath: string;
  /** Which volume of a file of several. */
  readonly imageVolume?: number;
  readonly imageChannel?: number;
  readonly labelPath: string;
  readonly source: { readonly image: SourceState; readonly labels: SourceState };
  /** The intensities that became 0 and 1. */
  readonly window: IntensityWindow;
  /** Voxels of the source and their edges, in RAS order. */
  readonly shape: Triple;
  readonly spacingMm: Triple;
  /** Voxels of `scan_image.nii`: those of the source unless an axis was longer than allowed. */
  readonly scanShape: Triple;
  /** By label value; labels without a voxel are left out. */
  readonly labels: Readonly<Record<string, PreparedLabel>>;
  /** Voxels of specks that were left out, by label value, if any. */
  readonly specks?: Readonly<Record<string, number>>;
}

/** A folder of prepared cases. */
export interface Manifest {
  readonly version: number;
  /** The data set's name. */
  readonly name: string;
  readonly layout: Layout;
  /** True for a data set of `deno task phantom`. */
  readonly isPhantom: boolean;
  /** Label values by name. */
  readonly labels: Readonly<Record<string, number>>;
  readonly settings: PrepareSettings;
  /** By subset, then by id. */
  readonly entries: readonly ManifestEntry[];
  /** Labelled cases that are not prepared: they failed, or it was stopped before them; if any. */
  readonly missing?: readonly string[];
}

/** Whether two say the same of a file's volumes: of one alone it is the first, asked for or not. */
export function isSameVolume(
  one: Pick<ManifestEntry, "imageVolume">,
  other: Pick<ManifestEntry, "imageVolume">,
): boolean {
  return (one.imageVolume ?? 0) === (other.imageVolume ?? 0);
}

/** The file of a prepared folder that lists its cases. */
export function manifestPath(dir: string): string {
  return `${dir}/manifest.json`;
}

/**
 * Reads the manifest of a prepared folder.
 *
 * @throws UserError when there is none, it is damaged, or an older or newer program wrote it
 */
export async function readManifest(dir: string): Promise<Manifest> {
  if (!await exists(manifestPath(dir))) {
    throw fault(dir, "the folder must hold manifest.json", "without one");
  }
  const manifest = await parseManifest(dir);
  if (!isManifest(manifest)) {
    throw fault(dir, "manifest.json must list prepared cases", "damaged, or something else");
  }
  if (manifest.version !== preparedVersion) throw otherVersion(dir, manifest.version);
  return manifest as Manifest;
}

/**
 * The image files that a folder's cases were prepared from, by this program or an older one; null
 * where its manifest.json is damaged, or something else.
 *
 * @throws UserError when a newer program wrote it
 */
export async function readSources(dir: string): Promise<readonly string[] | null> {
  const manifest = await parseManifest(dir);
  if (!isManifest(manifest)) return null;
  if (manifest.version > preparedVersion) throw otherVersion(dir, manifest.version);
  return manifest.entries.map(({ imagePath }) => imagePath);
}

/** True for a folder with a manifest of this program, by any version; other data sets may have theirs. */
export async function isPrepared(dir: string): Promise<boolean> {
  if (!await exists(manifestPath(dir))) return false;
  const manifest = await parseManifest(dir);
  return manifest === undefined || typeof manifest?.version === "number"; // a damaged one is told of
}

/** What any version of this program has in its manifest. */
interface AnyManifest {
  readonly version: number;
  readonly entries: readonly Pick<ManifestEntry, "imagePath">[];
}

/** The content of manifest.json; `undefined` where it cannot be read as JSON. */
async function parseManifest(dir: string): Promise<Partial<AnyManifest> | null | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(manifestPath(dir)));
  } catch {
    return undefined;
  }
}

function isManifest(value: Partial<AnyManifest> | null | undefined): value is AnyManifest {
  return Number.isInteger(value?.version) && Array.isArray(value?.entries) &&
    value.entries.every((entry) => typeof entry?.imagePath === "string");
}

function otherVersion(dir: string, version: number): UserError {
  return fault(dir, `it must have been prepared as version ${preparedVersion}`, `${version}`);
}

function fault(dir: string, rule: string, seen: string): UserError {
  return new UserError({
    what: `cannot open the prepared data set ${dir}`,
    rule,
    seen,
    remedy: "Run deno task prepare --data FOLDER_OF_THE_DATA_SET",
  });
}

/** Writes the manifest of a prepared folder, atomically. */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  await writeAtomic(manifestPath(dir), JSON.stringify(manifest, null, 1) + "\n");
}
