import { join } from "node:path";
import { type PhaseName, phaseNames, type RunConfig } from "../config/config.ts";
import { parseConfig } from "../config/overrides.ts";
import type { Modality } from "../dataset/dataset.ts";
import type { PrepareSettings } from "../dataset/manifest.ts";
import type { Organ } from "../dataset/organ.ts";
import type { Split } from "../dataset/split.ts";
import type { BoxPrior } from "../detector/box_prior.ts";
import type { UsualVolume } from "../detector/usual_volume.ts";
import { UserError } from "../errors.ts";
import { exists, writeAtomic } from "../files.ts";
import { runsFolder } from "../paths.ts";
import { shellWord } from "../shell_word.ts";

/** What a run is: everything that its result depends on, written when it is made. */
export interface RunRecord {
  readonly formatVersion: 1;
  readonly createdAt: string;
  readonly config: RunConfig;
  readonly organ: Organ;
  /** Name of the data set, as tables print it. */
  readonly datasetName: string;
  /** The prepared folder that training reads. */
  readonly preparedFolder: string;
  /** How its scans were prepared, and what they were made with. */
  readonly settings: PrepareSettings;
  readonly modalities: readonly Modality[];
  /** Which volume of their files was used, where those have several. */
  readonly imageVolume?: number;
  /** Which channel was used, where each has a file of its own. */
  readonly imageChannel?: number;
  readonly split: Split;
  /**
   * `contentHash` of the training and the validation cases, in the split's order; runs of earlier
   * versions have none.
   */
  readonly content?: string;
  /** Which rule made the split: "fold 1/5, seed 0". */
  readonly splitRule: string;
  /** The file that it names, where it is a fold of one; runs of earlier versions do not say. */
  readonly splitFile?: string;
  /** Edge of the input cube of what segments this organ (Eq. 3). */
  readonly roiEdge: number;
  /** Why it is not what Eq. 3 or the configuration says, where it is not: a peer's legal edges. */
  readonly roiEdgeNote?: string;
  /** How many pieces labels come in, by value, where it is more than one. */
  readonly pieces?: Readonly<Record<string, number>>;
  /** With `detector.targets` labels: the label values that the detector's silhouettes are of, in order. */
  readonly detectorLabels?: readonly number[];
  /** With `detector.fallback` usual: where the training cases have the organ. */
  readonly usualBoxes?: BoxPrior;
  /** With it, too: the smallest and the largest volume of the organ in the training cases. */
  readonly usualMm3?: UsualVolume;
  /** The run whose trained detector this one took over, instead of training its own. */
  readonly detectorFrom?: string;
  /** With it: the cases that this detector has learned from; runs of earlier versions do not say. */
  readonly detectorCases?: readonly string[];
  /** With it: those of them that it was trained on. */
  readonly detectorTraining?: readonly string[];
  /** The phases that were asked for so far; absent where the first was not known by name. */
  readonly phases?: readonly PhaseName[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A run's record and its folder. */
export interface Run {
  readonly folder: string;
  readonly record: RunRecord;
}

const recordFile = "run.json";

/** True when a folder holds a run. */
export async function isRun(folder: string): Promise<boolean> {
  return await exists(join(folder, recordFile));
}

/** Refuses a folder that holds a run. */
export async function refuseRun(folder: string): Promise<void> {
  if (!await isRun(folder)) return;
  throw new UserError({
    what: `cannot start a run in ${folder}`,
    rule: "a run's folder must be new, and this one holds a run",
    remedy: "Continue it with --resume, or name another folder with --run",
  });
}

/**
 * Makes the folder of a new run.
 *
 * @throws {UserError} when the folder holds a run already: nothing is overwritten
 */
export async function createRun(folder: string, record: RunRecord): Promise<Run> {
  await refuseRun(folder);
  await writeRecord(folder, record);
  return { folder, record };
}

/** What a run was told of its split; of a file, runs of earlier versions know the name only. */
export function askedSplit(
  { splitRule, splitFile }: Pick<RunRecord, "splitRule" | "splitFile">,
): { readonly fold?: string; readonly splitFile?: string } {
  const [, fold, fileName] = /^fold (\S+)(?: of (.+))?, seed /.exec(splitRule) ?? [];
  return { fold, splitFile: splitFile ?? fileName };
}

/**
 * Writes down that these phases are asked for, too: before they end the run is not complete. A run that
 * does not say what was asked before is left as it is.
 */
export async function askFor({ folder }: Run, phases: readonly PhaseName[]): Promise<void> {
  const record = parseRecord(await Deno.readTextFile(join(folder, recordFile)), folder);
  const { phases: before } = record;
  if (before === undefined || phases.every((phase) => before.includes(phase))) return;
  const all = phaseNames.filter((phase) => before.includes(phase) || phases.includes(phase));
  await writeRecord(folder, { ...record, phases: all });
}

async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  await writeAtomic(join(folder, recordFile), JSON.stringify(record, null, 2) + "\n");
}

/**
 * The folder of a run that is there or is to be.
 *
 * @param place the folder, or its name in `data/runs`
 */
export async function runFolder(place: string): Promise<string> {
  return /[/\\]/.test(place) || await isRun(place) ? place : join(runsFolder, place);
}

/**
 * Opens the folder of a run.
 *
 * @param place as {@linkcode runFolder}
 * @throws {UserError} when it holds none, or one that is damaged or of another version
 */
export async function openRun(place: string): Promise<Run> {
  const folder = await runFolder(place);
  const path = join(folder, recordFile);
  if (!await isRun(folder)) {
    throw new UserError({
      what: `cannot open the run ${place}`,
      rule: `it must be a folder with a ${recordFile}, or the name of one in ${runsFolder}`,
      seen: await exists(place) ? "a folder without one" : "neither",
      remedy: "Give the folder that `deno task train` printed",
    });
  }
  const record = parseRecord(await Deno.readTextFile(path), folder);
  if (record.formatVersion !== 1) {
    throw new UserError({
      what: `cannot open the run ${folder}`,
      rule: "its format version must be 1",
      seen: String(record.formatVersion),
      remedy: "Use the version of this program that wrote it",
    });
  }
  return {
    folder,
    record: { ...record, config: parseConfig(JSON.stringify(record.config), path) },
  };
}

function parseRecord(text: string, folder: string): RunRecord {
  const record = parseObject(text);
  const lacking = record === null
    ? undefined
    : (["formatVersion", "config", "organ", "split"] as const).find((key) => !(key in record));
  if (record !== null && lacking === undefined) return record as RunRecord;
  throw new UserError({
    what: `cannot open the run ${folder}`,
    rule: `its ${recordFile} must be what \`deno task train\` wrote`,
    seen: lacking === undefined ? "damaged" : `without "${lacking}"`,
    remedy: "Restore the file, or train again",
  });
}

/** An object of JSON; null for anything else. */
function parseObject(text: string): Partial<RunRecord> | null {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Folder of one phase of a run; the detector's three modules have one each. */
export function phaseFolder(run: Run, phase: PhaseName, view?: string): string {
  return view === undefined ? join(run.folder, phase) : join(run.folder, phase, view);
}

/** The weights that a phase ends with. */
export function modelFile(run: Run, phase: PhaseName, view?: string): string {
  return modelPath(phaseFolder(run, phase, view));
}

/** Path of the weights that the training in a folder ends with. */
export function modelPath(folder: string): string {
  return join(folder, "model.safetensors");
}

/** Path of the history of the training in a folder. */
export function historyPath(folder: string): string {
  return join(folder, "history.jsonl");
}

/** The error of work that needs the weights of a phase that has not finished. */
export function phaseMissing(run: Run, phase: PhaseName): UserError {
  return new UserError({
    what: `cannot use the run ${run.folder}`,
    rule: `its phase ${phase} must have finished`,
    seen: "without that phase's weights",
    remedy: `Finish it: deno task train --run ${shellWord(run.folder)} --resume` +
      (phase === "whole" ? " --phase whole" : ""), // the others build on each other
  });
}
