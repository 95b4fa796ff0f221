import { basename, isAbsolute, relative, resolve, sep } from "node:path";
import { UserError } from "../errors.ts";
import { exists, listFolder, makeFolder, passingName } from "../files.ts";
import { lockFolder } from "../folder_lock.ts";
import { softTissueWindow } from "../volume/intensity.ts";
import type { Dataset } from "./dataset.ts";
import { readJsonObject } from "./dataset_json.ts";
import {
  isSameVolume,
  type Manifest,
  type ManifestEntry,
  manifestPath,
  preparedVersion,
  type PrepareSettings,
  readSources,
  writeManifest,
} from "./manifest.ts";
import {
  caseFiles,
  type LabelledCase,
  type PrepareJob,
  readRecord,
  recordFile,
  stateIfUnchanged,
  writeRecord,
} from "./prepare_case.ts";
import { runInWorkers } from "./worker_pool.ts";

/** Settings unless others are given. */
export const defaultSettings: PrepareSettings = {
  cubeEdge: 128, // section 4.1 of the paper
  // Ours: an abdominal CT of 512 x 512 comes to about 1.1 mm in plane, finer than any ROI cube that
  // is cut from it, in 40 % of the memory. Evaluation reads the sources, in full resolution.
  scanMaxEdge: 320,
  ctWindow: softTissueWindow,
  // Ours: tails of 0.5 % are noise and vessels; nnU-Net clips CT at the same percentiles (Isensee
  // 2021, supplementary note 2).
  mrPercentiles: { low: 0.5, high: 99.5 },
  // Ours: of CHAOS' 80 organs three have strays of a dozen voxels that double their box.
  speckShare: 0.01,
};

/** How a data set is prepared. */
export interface PrepareOptions {
  readonly settings?: Partial<PrepareSettings>;
  /** Workers; as many as the machine has cores unless given. */
  readonly jobs?: number;
  /** Once aborted, the cases at work are finished, the manifest is written, and it ends. */
  readonly signal?: AbortSignal;
  /** Wait for another process that prepares into the same folder, instead of refusing. */
  readonly waits?: boolean;
  /** Looks at the folder once no other process prepares into it; what it throws ends the preparing. */
  readonly onHeld?: () => Promise<void>;
}

/** A case that could not be prepared, and why. */
export interface PrepareFailure {
  readonly id: string;
  readonly message: string;
}

/** How far preparing has come. */
export interface PrepareProgress {
  /** Cases that need nothing more, with the failed ones. */
  readonly done: number;
  readonly total: number;
  /** Of those done, the ones that were current already. */
  readonly current: number;
  /** The failure, right after it happened. */
  readonly failure?: PrepareFailure;
}

/** What became of the cases of a data set. */
export interface PrepareResult {
  readonly manifest: Manifest;
  /** Ids prepared now. */
  readonly prepared: readonly string[];
  /** Ids that were current. */
  readonly current: readonly string[];
  readonly failures: readonly PrepareFailure[];
  /** Ids without labels: nothing to train on or measure with, so they are not prepared. */
  readonly unlabelled: readonly string[];
  /** True when the signal stopped it before its end. */
  readonly interrupted: boolean;
}

/**
 * Prepares every labelled case of a data set, in parallel, for training to read. A case is left
 * alone when it was prepared from the same files with the same settings. A case that fails does not
 * stop the others. The manifest lists what is complete, also after a failure or an interrupt.
 *
 * @throws UserError when a setting is out of its range, there is no labelled case, the folder is the
 *   data set's own, lies around it or holds cases of another, or another process is preparing into it
 *   and is not waited for
 */
export async function prepareDataset(
  dataset: Dataset,
  dir: string,
  options: PrepareOptions = {},
  onProgress: (progress: PrepareProgress) => void = () => {},
): Promise<PrepareResult> {
  const settings = checkSettings({ ...defaultSettings, ...options.settings });
  const labelled = dataset.cases.filter((one): one is LabelledCase => one.labelPath !== null);
  if (labelled.length === 0) {
    throw new UserError({
      what: `cannot prepare ${dataset.root}`,
      rule: "at least one case must have labels",
      seen: `${dataset.cases.length} cases without`,
      remedy: "Check that the folder of labels is there",
    });
  }
  await refuseSource(dataset.root, dir);
  await makeFolder(dir);
  using _lock = await lockFolder(dir, "prepare into", options.waits);
  await options.onHeld?.();
  await refuseOtherSource(dataset, labelled, dir);
  await removePassing(dir);

  const entries = new Map<string, ManifestEntry>();
  const jobs: PrepareJob[] = [];
  for (const source of labelled) {
    const entry = await currentEntry(source, dir, settings);
    if (entry !== undefined) entries.set(source.id, entry);
    else jobs.push({ source, dir, settings });
  }
  const current = [...entries.keys()];
  const failures: PrepareFailure[] = [];
  const report = (failure?: PrepareFailure) =>
    onProgress({
      done: entries.size + failures.length,
      total: labelled.length,
      current: current.length,
      failure,
    });
  const describe = async (): Promise<Manifest> => {
    const missing = labelled.map(({ id }) => id).filter((id) => !entries.has(id));
    return {
      version: preparedVersion,
      name: dataset.name,
      layout: dataset.layout,
      isPhantom: await isPhantom(dataset),
      labels: dataset.labels,
      settings,
      entries: labelled.flatMap(({ id }) => entries.get(id) ?? []),
      ...(missing.length > 0 && { missing }),
    };
  };
  // Before the first case is replaced: what is there after a crash is what the manifest says.
  if (jobs.length > 0) await writeManifest(dir, await describe());
  report();
  await runInWorkers<PrepareJob, ManifestEntry>(
    new URL("./prepare_worker.ts", import.meta.url),
    jobs,
    {
      workers: options.jobs ?? navigator.hardwareConcurrency,
      signal: options.signal,
      onOutcome: (index, outcome) => {
        const { id } = jobs[index].source;
        if ("value" in outcome) {
          entries.set(id, outcome.value);
          report();
        } else {
          const failure = { id, message: outcome.error };
          failures.push(failure);
          report(failure);
        }
      },
    },
  );
  const manifest = await describe();
  await writeManifest(dir, manifest);
  return {
    manifest,
    prepared: jobs.map(({ source }) => source.id).filter((id) => entries.has(id)),
    current,
    failures,
    unlabelled: dataset.cases.filter((one) => one.labelPath === null).map(({ id }) => id),
    interrupted: entries.size + failures.length < labelled.length,
  };
}

function checkSettings(settings: PrepareSettings): PrepareSettings {
  const { cubeEdge, scanMaxEdge, ctWindow, mrPercentiles, speckShare } = settings;
  const isEdge = (value: number, least: number) =>
    Number.isInteger(value) && value >= least && value <= 1024;
  const rules: readonly [boolean, string, unknown][] = [
    [isEdge(cubeEdge, 8), "the edge of the cube must be an integer in 8 .. 1024", cubeEdge],
    [isEdge(scanMaxEdge, 16), "the scan's edge must be an integer in 16 .. 1024", scanMaxEdge],
    [ctWindow.low < ctWindow.high, "the CT window must ascend", Object.values(ctWindow)],
    [
      mrPercentiles.low >= 0 && mrPercentiles.low < mrPercentiles.high && mrPercentiles.high <= 100,
      "the MR percentiles must ascend within 0 .. 100",
      Object.values(mrPercentiles),
    ],
    [speckShare >= 0 && speckShare < 1, "the share of specks must be in [0, 1)", speckShare],
  ];
  for (const [holds, rule, seen] of rules) {
    if (holds) continue;
    const remedy = "Give another value";
    throw new UserError({ what: "cannot prepare a data set", rule, seen: String(seen), remedy });
  }
  return settings;
}

/** Refuses to mix prepared cases with a data set that is in the folder, or below it. */
async function refuseSource(root: string, dir: string): Promise<void> {
  const way = relative(await realPath(dir), await realPath(root));
  const isBelow = way.split(sep)[0] !== ".." && !isAbsolute(way);
  if (!isBelow || (way !== "" && await exists(manifestPath(dir)))) return;
  throw new UserError({
    what: `cannot prepare into ${dir}`,
    rule: "the folder must hold prepared cases only",
    seen: way === "" ? "the data set's own" : `around the data set ${root}`,
    remedy: "Give another folder",
  });
}

/** With links followed, as far as the path exists. */
function realPath(path: string): Promise<string> {
  return Deno.realPath(path).catch(() => resolve(path));
}

/** Refuses a folder whose cases were made from another data set, which is still there. */
async function refuseOtherSource(
  dataset: Dataset,
  labelled: readonly LabelledCase[],
  dir: string,
): Promise<void> {
  if (!await exists(manifestPath(dir))) return await requireEmpty(dir);
  const sources = await readSources(dir);
  if (sources === null) return await requireEmpty(dir); // a damaged one is made again
  const ours = new Set(await Promise.all(labelled.map(({ imagePath }) => realPath(imagePath))));
  const theirs = await Promise.all(sources.map(realPath));
  if (theirs.some((path) => ours.has(path))) return;
  for (const imagePath of sources) {
    if (!await exists(imagePath)) continue; // moved, or gone
    throw new UserError({
      what: `cannot prepare ${dataset.root} into ${dir}`,
      rule: "the folder must be new, or hold cases of this data set",
      seen: `cases of another, as ${imagePath}`,
      remedy: "Prepare into another folder with deno task prepare --output, or remove this one",
    });
  }
}

/** Refuses a folder without a sound manifest that holds anything but prepared cases. */
async function requireEmpty(dir: string): Promise<void> {
  const refuse = (seen: string): never => {
    throw new UserError({
      what: `cannot prepare into ${dir}`,
      rule: "the folder must be new or empty, or hold prepared cases",
      seen,
      remedy: "Give another folder",
    });
  };
  const names = (await listFolder(dir)).map(({ name }) => name)
    .filter((name) => !name.startsWith(".") && !passingName.test(name)); // ours, or the system's
  const manifest = basename(manifestPath(dir));
  let cases = 0;
  for (const name of names) {
    if (name === manifest) continue;
    if (!await exists(`${dir}/${name}/${recordFile}`)) {
      refuse(`${name} without a ${manifest} of ours`);
    }
    cases++;
  }
  if (cases === 0 && names.length > 0) refuse(`a ${manifest} of something else`);
}

/** Removes what a killed process left under passing names. */
async function removePassing(dir: string): Promise<void> {
  for (const { name } of await listFolder(dir)) {
    if (passingName.test(name)) await Deno.remove(`${dir}/${name}`, { recursive: true });
  }
}

/** The entry of a case that was prepared from the same files with the same settings. */
async function currentEntry(
  source: LabelledCase,
  dir: string,
  settings: PrepareSettings,
): Promise<ManifestEntry | undefined> {
  const folder = `${dir}/${source.id}`;
  const record = await readRecord(folder);
  if (record === undefined) return undefined;
  const { entry } = record;
  const isAlike = record.version === preparedVersion &&
    JSON.stringify(record.settings) === JSON.stringify(settings) &&
    entry.modality === source.modality && isSameVolume(entry, source);
  if (!isAlike) return undefined;
  const image = await stateIfUnchanged(source.imagePath, entry.source.image, entry.imagePath);
  if (image === undefined) return undefined;
  const labels = await stateIfUnchanged(source.labelPath, entry.source.labels, entry.labelPath);
  if (labels === undefined) return undefined;
  const files = Object.values(caseFiles).map((file) => exists(`${folder}/${file}`));
  if ((await Promise.all(files)).includes(false)) return undefined;
  const { imagePath, imageChannel, labelPath, subset } = source;
  const states = { image, labels };
  const now = { ...entry, imagePath, imageChannel, labelPath, subset, source: states };
  // With today's paths and times, the files need not be read again the next time.
  if (JSON.stringify(now) !== JSON.stringify(entry)) {
    await writeRecord(folder, { ...record, entry: now });
  }
  return now;
}

async function isPhantom({ root }: Dataset): Promise<boolean> {
  const path = `${root}/dataset.json`;
  return await exists(path) && "phantom" in await readJsonObject(path);
}
