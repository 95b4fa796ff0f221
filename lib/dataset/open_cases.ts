import { UserError } from "../errors.ts";
import { exists, makeFolder } from "../files.ts";
import { lockFolder } from "../folder_lock.ts";
import { preparedFolder, rawFolder } from "../paths.ts";
import { openPrepared, type PreparedDataset } from "./case.ts";
import type { Dataset, Modality } from "./dataset.ts";
import { openDataset } from "./layout.ts";
import {
  isPrepared,
  isSameVolume,
  manifestPath,
  type PrepareSettings,
  readManifest,
} from "./manifest.ts";
import { requirePhantom, writePhantomDataset } from "./phantom_dataset.ts";
import { defaultSettings, prepareDataset, type PrepareProgress } from "./prepare.ts";

/** Where the phantom lies that is used where no data set is named. */
export const phantomFolder = `${rawFolder}/phantom`;

/** Cases of that phantom, of seed 0, usual shape and modality. */
export const phantomCases = 20;

/**
 * The folder that a data set is prepared into unless another is named; cubes of another edge than the
 * usual one have their own.
 */
export function defaultPreparedFolder(datasetName: string, cubeEdge: number): string {
  const suffix = cubeEdge === defaultSettings.cubeEdge ? "" : `-cube${cubeEdge}`;
  return `${preparedFolder}/${datasetName}${suffix}`;
}

/** What {@linkcode openCases} may be told. */
export interface OpenCasesOptions {
  /** A prepared folder, or a data set; the phantom unless given. */
  readonly data?: string;
  /** Overrules what a data set says of its modality. */
  readonly modality?: Modality;
  /** Edge of the prepared cubes in voxels. */
  readonly cubeEdge: number;
  /** Looks at the data set's labels before any case is prepared; what it throws ends the opening. */
  readonly onLabels?: (labels: Dataset["labels"]) => void;
  /** Once aborted, the cases at work are finished and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
  /** Hears of the cases of a phantom that has to be made first. */
  readonly onPhantom?: (done: number, total: number) => void;
  /** Hears of the cases that are being prepared. */
  readonly onPrepare?: (progress: PrepareProgress) => void;
}

/**
 * Opens a prepared folder, or prepares a data set and opens that; cases that are current are not
 * made again.
 *
 * @throws {UserError} when a prepared folder has cubes of another edge or scans of another modality,
 *   or is not complete, no data set is named and another phantom lies in the usual one's place, the
 *   data set was prepared in another way, or a case cannot be prepared
 */
export async function openCases(options: OpenCasesOptions): Promise<PreparedDataset> {
  const { data, modality, cubeEdge, signal, onLabels, onPhantom, onPrepare } = options;
  if (data !== undefined && await isPrepared(data)) {
    return await openFitting(data, options);
  }
  if (data === undefined) {
    await makeFolder(phantomFolder);
    using _lock = await lockFolder(phantomFolder, "make the phantom in", true);
    const isThere = await exists(`${phantomFolder}/dataset.json`);
    const options = { cases: phantomCases, onCase: onPhantom };
    await (isThere ? requirePhantom : writePhantomDataset)(phantomFolder, options);
  }
  const dataset = await openDataset(data ?? phantomFolder, { modality });
  onLabels?.(dataset.labels);
  const dir = defaultPreparedFolder(dataset.name, cubeEdge);
  const settings = { ...defaultSettings, cubeEdge };
  const { failures, interrupted } = await prepareDataset(dataset, dir, {
    settings,
    signal,
    waits: true, // several trainings may start at once
    onHeld: () => refuseOtherPreparation(dataset, dir, settings),
  }, onPrepare);
  if (interrupted) signal?.throwIfAborted();
  if (failures.length > 0) {
    throw new UserError({
      what: `cannot train on ${dataset.root}`,
      rule: "every labelled case must be fit to be prepared",
      seen: failures.map(({ id, message }) => `${id}: ${message}`).join("; "),
      remedy: "Mend or remove these cases; deno task check says more",
    });
  }
  return await openPrepared(dir);
}

/** Refuses to make again in the usual way what `deno task prepare` was told to make in another. */
async function refuseOtherPreparation(
  dataset: Dataset,
  dir: string,
  settings: PrepareSettings,
): Promise<void> {
  if (!await exists(manifestPath(dir))) return;
  // One of another version or a damaged one can be nothing but made again.
  const manifest = await readManifest(dir).catch(() => null);
  if (manifest === null) return;
  const keys = Object.keys(settings) as (keyof PrepareSettings)[];
  const differences = keys
    .map((key) => ({ key, before: JSON.stringify(manifest.settings[key]), now: settings[key] }))
    .filter(({ before, now }) => before !== JSON.stringify(now))
    .map(({ key, before, now }) => `${key} ${before} in place of ${JSON.stringify(now)}`);
  const cases = new Map(dataset.cases.map((one) => [one.id, one]));
  for (const { id, imageVolume, imageChannel, modality } of manifest.entries) {
    const source = cases.get(id);
    if (source === undefined) continue;
    if (imageChannel !== undefined && source.imageChannel !== imageChannel) {
      differences.push(`channel ${imageChannel} in place of ${source.imageChannel ?? 0}`);
      break; // another channel has another file
    }
    if (source.modality !== modality) {
      differences.push(`${modality} in place of ${source.modality}`);
    }
    if (!isSameVolume(source, { imageVolume })) {
      differences.push(`channel ${imageVolume ?? 0} in place of ${source.imageVolume ?? 0}`);
    }
    if (differences.length > 0) break;
  }
  if (differences.length === 0) return;
  // By --data, cubes of another edge would be refused as well.
  const areUsable = manifest.settings.cubeEdge === settings.cubeEdge;
  throw new UserError({
    what: `cannot prepare ${dataset.name} into ${dir}`,
    rule: "cases that were prepared in another way are not made again",
    seen: `there with ${differences.join(", ")}`,
    remedy: areUsable
      ? `Use them by --data ${dir}, or remove that folder to have them made again`
      : "Remove that folder to have them made again",
  });
}

async function openFitting(
  dir: string,
  { cubeEdge, modality }: OpenCasesOptions,
): Promise<PreparedDataset> {
  const prepared = await openPrepared(dir);
  const { missing = [] } = prepared;
  if (missing.length > 0) {
    throw new UserError({
      what: `cannot use the prepared folder ${dir}`,
      rule: "it must be complete",
      seen: `without ${missing.length} cases, as ${missing.slice(0, 3).join(", ")}`,
      remedy: "Finish it by deno task prepare; a case that cannot be prepared has to be removed",
    });
  }
  const other = prepared.entries.find((entry) => entry.modality !== (modality ?? entry.modality));
  if (other !== undefined) {
    throw new UserError({
      what: `cannot use the prepared folder ${dir}`,
      rule: `all its scans must be ${modality}, which --modality says`,
      seen: `${other.modality} of ${other.id}`,
      remedy: "Leave out --modality, or prepare the data set again with it",
    });
  }
  if (prepared.settings.cubeEdge === cubeEdge) return prepared;
  throw new UserError({
    what: `cannot use the prepared folder ${dir}`,
    rule: `its cubes must have the edge of the configuration, ${cubeEdge}`,
    seen: String(prepared.settings.cubeEdge),
    remedy: `Prepare into another folder with --cube ${cubeEdge}, or --set cubeEdge=...`,
  });
}
