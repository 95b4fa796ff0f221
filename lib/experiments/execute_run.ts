import { cpus } from "node:os";
import { join } from "node:path";
import { phaseNames } from "../config/config.ts";
import type { PreparedDataset } from "../dataset/case.ts";
import { exists } from "../files.ts";
import { evaluateDetector } from "../evaluation/detector_cases.ts";
import { evaluateRun } from "../evaluation/evaluate_run.ts";
import { measureModel } from "../evaluation/model_measurement.ts";
import { peakProcessBytes } from "../evaluation/memory.ts";
import type { Evaluation, ModelCost } from "../evaluation/records.ts";
import { readHistory } from "../training/history.ts";
import type { TrainingListener } from "../training/progress.ts";
import { historyPath, modelPath, openRun, type Run } from "../training/run_folder.ts";
import { isPhaseTrained, partsOf } from "../training/run_part.ts";
import { startRun } from "../training/start_run.ts";
import { trainRun } from "../training/train_run.ts";
import { borrowPhases, markPhases } from "./borrow_phases.ts";
import { findTwin, withoutTwin, withTwin } from "./borrow_twin.ts";
import { type ExperimentPlaces, resultPathOf, runFolderOf } from "./experiment_places.ts";
import { inOrder } from "./in_order.ts";
import { modesHere } from "./modes_here.ts";
import {
  covers,
  readRunResult,
  type RunResult,
  type StepResult,
  type TrainedPart,
  writeRunResult,
} from "./run_result.ts";
import type { RunSpec } from "./run_spec.ts";

/** What executing a run is told. */
export interface ExecuteOptions {
  readonly places: ExperimentPlaces;
  /** As for `trainRun`. */
  readonly workers?: number;
  readonly stop?: AbortSignal;
  /** Hears of a part's training, with the name of its validation score. */
  listenTo?(scoreName: string): TrainingListener;
  onCase?(done: number, total: number): void;
}

/**
 * Brings a run to its end: starts or resumes it, trains the phases that are missing, evaluates, and
 * writes its result. Nothing is done where the result is there already.
 *
 * @returns "stopped" when it was interrupted; the same call goes on
 * @throws {UserError} as `startRun`, `trainRun` and `evaluateRun`
 */
export async function executeRun(
  spec: RunSpec,
  prepared: PreparedDataset,
  options: ExecuteOptions,
): Promise<"current" | "done" | "stopped"> {
  const { places, workers, stop, listenTo, onCase } = options;
  const path = resultPathOf(places, spec.id);
  const earlier = await readRunResult(path);
  if (earlier !== null && covers(earlier, spec)) return "current";
  const twin = await findTwin(spec, places);
  if (twin !== undefined) {
    if (await executeRun(withoutTwin(spec), prepared, options) === "stopped") return "stopped";
    await writeRunResult(path, withTwin((await readRunResult(path))!, twin));
    return "done";
  }
  const run = await startOrOpen(spec, prepared, places);
  await borrowPhases(run, spec, places);
  const trained = await Promise.all(spec.phases.map((phase) => isPhaseTrained(run, phase)));
  const training = trainRun(run, prepared, {
    phases: spec.phases.filter((_, i) => !trained[i]),
    resume: true,
    workers,
    stop,
    listenTo,
  });
  const parts = await training.finally(() => markPhases(run, spec)); // those before one that fails
  if (parts.some(({ result }) => result.stopped)) return "stopped";
  try {
    await writeRunResult(path, await measure(spec, run, prepared, earlier, { stop, onCase }));
  } catch (error) {
    if (stop?.aborted && error === stop.reason) return "stopped";
    throw error;
  }
  return "done";
}

async function startOrOpen(
  spec: RunSpec,
  prepared: PreparedDataset,
  places: ExperimentPlaces,
): Promise<Run> {
  const folder = runFolderOf(places, spec.id);
  if (await exists(join(folder, "run.json"))) return await openRun(folder);
  const { config, parsedOrgan: organ, fold, phases } = spec;
  return await startRun({ prepared, organ, config, fold, folder, phases });
}

async function measure(
  spec: RunSpec,
  run: Run,
  prepared: PreparedDataset,
  earlier: RunResult | null,
  { stop, onCase }: Pick<ExecuteOptions, "stop" | "onCase">,
): Promise<RunResult> {
  const { record } = run;
  const known = earlier?.hash === spec.hash ? earlier : null;
  const again = known === null ? [] : await modesHere(run, known);
  const { modes } = inOrder([], [...spec.modes, ...again]);
  const evaluation = modes.length === 0
    ? null
    : await evaluateRun(run, prepared, { modes, runName: spec.id, onCase, stop });
  const detector = await isPhaseTrained(run, "detector")
    ? await evaluateDetector(run, prepared, stop)
    : null;
  const kept = known?.cases.filter(({ mode }) => !modes.includes(mode))
    .map((one) => ({ ...one, timesMs: {} })) ?? []; // of another machine or day
  const keepsTwin = known?.modes.includes("withoutCrop") && !modes.includes("withoutCrop");
  const costs = [
    ...(evaluation?.costs ?? []),
    ...(detector === null ? [] : [detector.cost]),
    ...(known?.costs ?? []),
  ];
  const onGpu = evaluation?.gpuBytes ?? known?.gpuBytes;
  const processBytes = peakProcessBytes(); // before a step is measured, from which on it counts anew
  const step = spec.measuresStep ? await measureStep(run) : known?.step ?? null;
  return {
    id: spec.id,
    hash: spec.hash,
    organ: record.organ.name,
    preset: spec.preset,
    changes: spec.changes,
    fold: spec.fold,
    dataSet: record.datasetName,
    splitRule: record.splitRule,
    training: record.split.training.length,
    validation: record.split.validation.length,
    test: record.split.test.length,
    roiEdge: record.roiEdge,
    trained: [
      ...await trainedParts(run),
      ...known?.trained.filter(({ phase }) => !spec.phases.includes(phase)) ?? [],
    ].filter((part, i, all) => all.findIndex(({ name }) => name === part.name) === i),
    modes: inOrder([], [...modes, ...known?.modes ?? []]).modes,
    ...(keepsTwin
      ? { twinHash: known?.twinHash, twinFrom: known?.twinFrom }
      : { twinHash: spec.twinHash }),
    cases: [...kept, ...evaluation?.cases ?? []],
    ...(!modes.includes("withCrop") && { together: known?.together }),
    detections: detector?.cases ?? known?.detections ?? [],
    costs: eachPartOnce(costs),
    step,
    toleranceMm: toleranceOf(evaluation, known),
    peakProcessBytes: Math.max(known?.peakProcessBytes ?? 0, processBytes, peakProcessBytes()),
    ...(onGpu === undefined ? {} : { gpuBytes: onGpu }),
    environment: { ...record.environment, processor: cpus()[0]?.model.trim() ?? "unknown" },
    finishedAt: new Date().toISOString(),
  };
}

async function trainedParts(run: Run): Promise<TrainedPart[]> {
  const parts: TrainedPart[] = [];
  for (const { name, phase, folder } of phaseNames.flatMap((phase) => partsOf(run, phase))) {
    if (!await exists(modelPath(folder))) continue;
    const history = await readHistory(historyPath(folder));
    const scores = history.flatMap(({ validation }) => validation?.score ?? [])
      .filter((score) => !Number.isNaN(score));
    parts.push({
      name,
      phase,
      epochs: history.at(-1)?.epoch ?? 0,
      steps: history.at(-1)?.step ?? 0,
      seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
      bestScore: scores.length === 0 ? NaN : Math.max(...scores),
    });
  }
  return parts;
}

async function measureStep({ record }: Run): Promise<StepResult> {
  const { config, roiEdge: edge, organ } = record;
  const phase = config.phases.segmentor;
  const measured = config.model === "segmentor"
    ? { model: config.model, config: config.segmentor, edge }
    : { model: config.model, edge };
  const { stepMs, stepPeakBytes } = await measureModel(measured, {
    phase,
    classCount: organ.classes.length,
    repeats: 3,
  });
  return {
    batchSize: phase.batchSize,
    edge,
    stepMs: stepMs.median,
    peakTensorBytes: stepPeakBytes,
  };
}

function eachPartOnce(costs: readonly ModelCost[]): ModelCost[] {
  return costs.filter(({ part }, i) => costs.findIndex((other) => other.part === part) === i);
}

function toleranceOf(evaluation: Evaluation | null, known: RunResult | null): number {
  return evaluation?.toleranceMm ?? known?.toleranceMm ?? NaN;
}
