import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { preparedFolder, rawFolder } from "../paths.ts";
import { openPrepared, type PreparedDataset } from "./case.ts";
import type { Dataset, Modality } from "./dataset.ts";
import { openDataset } from "./layout.ts";
import { manifestPath } from "./manifest.ts";
import { writePhantomDataset } from "./phantom_dataset.ts";
import { defaultSettings, prepareDataset, type PrepareProgress } from "./prepare.ts";

/** Where the phantom lies that is made where no data set is named. */
export const phantomFolder = `${rawFolder}/phantom`;

/** Cases of that phantom. */
export const phantomCases = 20;

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
 *   or a case cannot be prepared
 */
export async function openCases(options: OpenCasesOptions): Promise<PreparedDataset> {
  const { data, modality, cubeEdge, signal, onLabels, onPhantom, onPrepare } = options;
  if (data !== undefined && await exists(manifestPath(data))) {
    return await openFitting(data, options);
  }
  if (data === undefined && !await exists(`${phantomFolder}/dataset.json`)) {
    await writePhantomDataset(phantomFolder, { cases: phantomCases, onCase: onPhantom });
  }
  const dataset = await openDataset(data ?? phantomFolder, { modality });
  onLabels?.(dataset.labels);
  const suffix = cubeEdge === defaultSettings.cubeEdge ? "" : `-cube${cubeEdge}`;
  const dir = `${preparedFolder}/${dataset.name}${suffix}`;
  const { failures, interrupted } = await prepareDataset(
    dataset,
    dir,
    { settings: { cubeEdge }, signal, waits: true }, // several trainings may start at once
    onPrepare,
  );
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

async function openFitting(
  dir: string,
  { cubeEdge, modality }: OpenCasesOptions,
): Promise<PreparedDataset> {
  const prepared = await openPrepared(dir);
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
