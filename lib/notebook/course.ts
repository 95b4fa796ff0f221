import { join } from "node:path";
import type { PhaseName, RunConfig } from "../config/config.ts";
import { makeConfig } from "../config/overrides.ts";
import { phantomChanges } from "../config/phantom_changes.ts";
import type { PreparedDataset } from "../dataset/case.ts";
import type { Modality } from "../dataset/dataset.ts";
import { openCases } from "../dataset/open_cases.ts";
import { type Organ, parseOrgan } from "../dataset/organ.ts";
import { UserError } from "../errors.ts";
import { markdownTable } from "../evaluation/markdown_table.ts";
import { exists } from "../files.ts";
import { runsFolder } from "../paths.ts";
import { variable } from "../runtime/settings.ts";
import { stoppedParts } from "../report/stopped_parts.ts";
import { deviceName, nativeVersion } from "../tf.ts";
import { askedSplit, openRun, type Run, type RunRecord } from "../training/run_folder.ts";
import { chooseRoiEdge } from "../training/organ_box.ts";
import { startRun } from "../training/start_run.ts";
import { isPhaseTrained } from "../training/run_part.ts";
import { LiveOutput } from "./live_output.ts";
import { markdownMedia, showMarkdown } from "./show.ts";
import { trainLive } from "./train_live.ts";

/** What a notebook works on: its second cell. */
export interface CourseSettings {
  /** "phantom", or the folder of a data set or of prepared cases. */
  readonly data: string;
  /** As `deno task train --organ` takes it: "spleen". */
  readonly organ: string;
  /** `focus` is what we recommend, `tiny` is for tests, `paper` wants a GPU. */
  readonly preset: "focus" | "tiny" | "paper";
  /** "k/n": the k-th of n parts of the cases is for the test. */
  readonly fold?: string;
  /** What the scans were made with, where the data set does not say. */
  readonly modality?: Modality;
}

/** An opened data set with an organ and the configuration of a course's runs. */
export interface Course {
  readonly settings: CourseSettings;
  readonly config: RunConfig;
  readonly prepared: PreparedDataset;
  readonly organ: Organ;
}

/**
 * The settings that a notebook's second cell writes; environment variables overrule them, for runs
 * without a person: ROISEG_NOTEBOOK_PRESET, ROISEG_NOTEBOOK_DATA and ROISEG_NOTEBOOK_ORGAN.
 *
 * @throws {UserError} when the preset is not one of the three
 */
export function courseSettings(written: CourseSettings): CourseSettings {
  const preset = Deno.env.get(variable.notebookPreset) || written.preset;
  if (preset !== "focus" && preset !== "tiny" && preset !== "paper") {
    throw new UserError({
      what: "cannot use the settings of the notebook",
      rule: "the preset is focus, tiny or paper",
      seen: preset,
      remedy: `Correct the notebook's second cell, or ${variable.notebookPreset}`,
    });
  }
  return {
    ...written,
    data: Deno.env.get(variable.notebookData) || written.data,
    organ: Deno.env.get(variable.notebookOrgan) || written.organ,
    preset,
  };
}

/**
 * Opens the data of a course, with progress under the cell: makes the phantom where that is missing,
 * and prepares the cases that are not.
 *
 * @throws {UserError} when the data cannot be prepared, or it lacks the organ
 */
export async function openCourse(settings: CourseSettings): Promise<Course> {
  const isPhantom = settings.data === "phantom";
  const isSmall = isPhantom && settings.preset === "focus";
  const config = makeConfig(settings.preset, isSmall ? phantomChanges : []);
  const progress = new LiveOutput();
  const say = (text: string) => progress.update(() => Promise.resolve(markdownMedia(text)));
  const prepared = await openCases({
    data: isPhantom ? undefined : settings.data,
    modality: settings.modality,
    cubeEdge: config.cubeEdge,
    onLabels: (labels) => void parseOrgan(settings.organ, labels),
    onPhantom: (done, total) => say(`Making the phantom: ${done} of ${total} cases`),
    onPrepare: ({ done, total, current }) => {
      if (current < total) say(`Preparing: ${done} of ${total} cases`);
    },
  });
  await progress.flush();
  return { settings, config, prepared, organ: parseOrgan(settings.organ, prepared.labels) };
}

/**
 * A new run of the course in a folder of its own, `data/runs/notebook-NAME-N`.
 *
 * @param name what the run is for: "detector"
 * @throws {UserError} when the cases cannot be split
 */
export async function newRun(course: Course, name: string): Promise<Run> {
  const { prepared, organ, config } = course;
  return await startRun({
    prepared,
    organ,
    config,
    fold: foldOf(course),
    folder: await freeFolder(name),
  });
}

/**
 * The newest run of the same course that has some phases trained. Where there is none, the run that
 * has most of them (or a new one) is trained for the others, with curves under the cell, so that
 * each notebook runs alone.
 *
 * @param phases in the order in which they are trained
 */
export async function latestRun(course: Course, phases: readonly PhaseName[]): Promise<Run> {
  let best: { run: Run; missing: PhaseName[] } | undefined;
  for (const run of await runsOf(course)) {
    const missing = await untrained(run, phases);
    if (best === undefined || missing.length < best.missing.length) best = { run, missing };
  }
  if (best?.missing.length === 0) return best.run;
  const { run, missing } = best ?? { run: await newRun(course, "course"), missing: phases };
  await showMarkdown(
    `No run has these phases to their end yet, so they are trained now: ${missing.join(", ")}.`,
  );
  await trainLive(run, course.prepared, missing);
  return run;
}

/** What this machine computes with, as a Markdown table for the set-up cell. */
export function environmentTable(): string {
  const { deno, typescript } = Deno.version;
  return markdownTable(["", ""], [
    ["device", deviceName()],
    ["TensorFlow", nativeVersion()],
    ["Deno", deno],
    ["TypeScript", typescript],
    ["platform", `${Deno.build.os} ${Deno.build.arch}`],
    ["threads", String(navigator.hardwareConcurrency)],
  ]);
}

/** The phantom has too few cases for the shares of the usual split. */
function foldOf({ settings: { data, fold } }: Course): string | undefined {
  return fold ?? (data === "phantom" ? "1/5" : undefined);
}

const folderPrefix = "notebook-";

async function freeFolder(name: string): Promise<string> {
  for (let number = 1;; number++) {
    const folder = join(runsFolder, `${folderPrefix}${name}-${number}`);
    if (!await exists(folder)) return folder;
  }
}

/** The notebooks' runs with the data, organ, split and configuration of a course, newest first. */
async function runsOf(course: Course): Promise<Run[]> {
  if (!await exists(runsFolder)) return [];
  const runs: Run[] = [];
  for await (const { name } of Deno.readDir(runsFolder)) {
    const folder = join(runsFolder, name);
    if (!name.startsWith(folderPrefix) || !await exists(join(folder, "run.json"))) continue;
    const run = await openRun(folder).catch((error) => {
      // A run of another version is none of this course's.
      if (error instanceof UserError) return undefined;
      throw error;
    });
    if (run !== undefined && isOf(run, course)) runs.push(run);
  }
  return runs.sort((a, b) => b.record.createdAt.localeCompare(a.record.createdAt));
}

function isOf({ record }: Run, course: Course): boolean {
  const { fold, splitFile } = askedSplit(record);
  return record.preparedFolder === course.prepared.dir &&
    JSON.stringify(record.organ) === JSON.stringify(course.organ) &&
    isTrainedAlike(record, course) &&
    fold === foldOf(course) && splitFile === undefined;
}

/** A cube's edge that is named, and the same one chosen by the stage rule, are one training. */
function isTrainedAlike({ config, split, roiEdge }: RunRecord, course: Course): boolean {
  const text = (one: RunConfig, edge: RunConfig["segmentor"]["edge"]) =>
    JSON.stringify({ ...one, segmentor: { ...one.segmentor, edge } });
  if (text(config, roiEdge) !== text(course.config, roiEdge)) return false;
  const { prepared, organ } = course;
  return chooseRoiEdge(prepared, split.training, organ, course.config) === roiEdge;
}

async function untrained(run: Run, phases: readonly PhaseName[]): Promise<PhaseName[]> {
  const missing: PhaseName[] = [];
  for (const phase of phases) {
    const isTrained = await isPhaseTrained(run, phase);
    if (!isTrained || (await stoppedParts(run, [phase])).length > 0) missing.push(phase);
  }
  return missing;
}
