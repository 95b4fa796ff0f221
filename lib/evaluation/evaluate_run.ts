import { join } from "node:path";
import { deviceName, nativeVersion } from "../tf.ts";
import type { SegmentorConfig } from "../config/config.ts";
import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import type { Detector } from "../detector/detector.ts";
import { groundTruthRegion, organBoxOf } from "../training/organ_box.ts";
import { UserError } from "../errors.ts";
import { makeWritableFolder } from "../files.ts";
import type { Run } from "../training/run_folder.ts";
import { hasSameContent } from "../training/same_cases.ts";
import { isPhaseTrained } from "../training/run_part.ts";
import { loadDetector } from "../training/trained_detector.ts";
import type { Box3 } from "../volume/box.ts";
import { maskOfLabels } from "../volume/volume.ts";
import { detectorCost } from "./cost.ts";
import { gpuBytes } from "./gpu_memory.ts";
import { toLabelValues } from "./label_values.ts";
import { peakProcessBytes } from "./memory.ts";
import { networkCost } from "./network_cost.ts";
import {
  type CaseResult,
  type CubePart,
  type Evaluation,
  type EvaluationMode,
  type ModelCost,
  sumTimes,
  type TimePart,
} from "./records.ts";
import { type LoadedSegmentor, loadSegmentor } from "./run_models.ts";
import { ScanSegmenter } from "./segment_scan.ts";
import { Stopwatch } from "./stopwatch.ts";
import { summarizeResults } from "./summary.ts";
import { readTestCase, scoreOrgan, type TestCase, writeMask } from "./test_case.ts";

/** What is evaluated, and how. */
export interface EvaluateOptions {
  readonly modes: readonly EvaluationMode[];
  /** The test cases of the run's split unless given. */
  readonly caseIds?: readonly string[];
  /** Distance in mm up to which NSD counts a surface voxel as met; 2 unless given. */
  readonly toleranceMm?: number;
  /** Where masks in the scans' own files' grids go, as `MODE/CASE.nii.gz`; not kept unless given. */
  readonly maskFolder?: string;
  /** Name under which the run appears in tables; its folder unless given. */
  readonly runName?: string;
  onCase?(done: number, total: number, results: readonly CaseResult[]): void;
  readonly stop?: AbortSignal;
}

/** Of NSD. */
export const defaultToleranceMm = 2;

/**
 * Measures a run on the cases that it was not trained on: every mode on every case, from the source
 * files on, on the way that prediction takes.
 *
 * The masks are compared in the cube (as the paper does) and in the scan's own grid. Where a
 * case lacks one of the organ's classes, nothing found is NaN, which is counted as not applicable, and
 * anything found is Dice 0.
 *
 * @throws {UserError} when a mode's phases have not finished, a source file is gone, cases that it
 *   learned from are others now, or the masks' folder is closed to writing, which is tried first
 */
export async function evaluateRun(
  run: Run,
  prepared: PreparedDataset,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { modes, caseIds = run.record.split.test, onCase, stop } = options;
  requireSeen(run, prepared, caseIds);
  const needsDetector = modes.includes("withCrop") || await isPhaseTrained(run, "detector");
  const detector = needsDetector ? await loadDetector(run) : null;
  const segmentors = new Map<EvaluationMode, LoadedSegmentor>();
  try {
    for (const mode of modes) segmentors.set(mode, await loadSegmentor(run, mode));
    if (options.maskFolder !== undefined) await makeWritableFolder(options.maskFolder);
    const cases: CaseResult[] = [];
    for (const [done, id] of caseIds.entries()) {
      stop?.throwIfAborted();
      const testCase = await readTestCase(entryOf(prepared, id), run.record.settings);
      for (const [mode, loaded] of segmentors) {
        const way = wayOf(testCase, run, mode, loaded, detector);
        if (way === null) continue;
        // What a process does for the first time takes it longer: that is no case's time.
        if (done === 0) await way.segmenter.segment(testCase, way.regionUnit);
        cases.push(...await evaluateCase(testCase, run, mode, way, options));
      }
      onCase?.(done + 1, caseIds.length, cases.filter(({ caseId }) => caseId === id));
    }
    const costs = await costsOf(detector, [...segmentors.values()]);
    return await describeEvaluation(options.runName ?? run.folder, run, cases, costs, options);
  } finally {
    detector?.dispose();
    for (const { parameters } of segmentors.values()) parameters.dispose();
  }
}

/** Refuses to call cases those of the training that are not any more. */
function requireSeen({ folder, record }: Run, prepared: PreparedDataset, ids: readonly string[]) {
  const { training, validation } = record.split;
  const areOfTest = ids.every((id) => !training.includes(id) && !validation.includes(id));
  if (areOfTest || hasSameContent(record, prepared)) return;
  throw new UserError({
    what: `cannot evaluate the run ${folder} on cases that it learned from`,
    rule: "their images and labels must be those of then",
    seen: `others in ${prepared.dir}`,
    remedy: "Evaluate it on its test cases, or train again",
  });
}

/** An evaluation of these cases as it is written: with what a run says of itself, machine and memory. */
export async function describeEvaluation(
  name: string,
  { record: { config: { preset, model }, datasetName, settings } }: Run,
  cases: readonly CaseResult[],
  costs: readonly ModelCost[],
  { toleranceMm = defaultToleranceMm }: Pick<EvaluateOptions, "toleranceMm">,
): Promise<Evaluation> {
  const onGpu = await gpuBytes();
  return {
    run: name,
    preset,
    model,
    dataSet: datasetName,
    device: `${deviceName()}, TensorFlow ${nativeVersion()}`,
    toleranceMm,
    cubeEdge: settings.cubeEdge,
    cases,
    summaries: summarizeResults(cases),
    costs,
    peakProcessBytes: peakProcessBytes(),
    ...(onGpu === undefined ? {} : { gpuBytes: onGpu }),
  };
}

/** How a mode comes from a scan to a mask. */
interface Way {
  readonly segmenter: ScanSegmenter;
  /** How its cubes are sampled and brought back. */
  readonly sampling: SegmentorConfig;
  /** The region where it is given. */
  readonly regionUnit?: Box3;
}

/** `null` where the mode does not apply: a case without the organ has no ground-truth region. */
function wayOf(
  { entry }: TestCase,
  run: Run,
  mode: EvaluationMode,
  loaded: LoadedSegmentor,
  detector: Detector | null,
): Way | null {
  const { organ, config } = run.record;
  const way = {
    segmenter: new ScanSegmenter(loaded, mode === "withCrop" ? detector : null),
    sampling: loaded.config,
  };
  if (mode !== "groundTruthRoi") return way;
  const tightUnit = organBoxOf(entry, organ);
  return tightUnit && { ...way, regionUnit: groundTruthRegion(tightUnit, config) };
}

async function evaluateCase(
  testCase: TestCase,
  run: Run,
  mode: EvaluationMode,
  { segmenter, sampling, regionUnit }: Way,
  { toleranceMm = defaultToleranceMm, maskFolder }: EvaluateOptions,
): Promise<CaseResult[]> {
  const { organ } = run.record;
  const segmented = await segmenter.segment(testCase, regionUnit);
  const results: CaseResult[] = [];
  for (const space of ["cube", "scan"] as const) {
    const watch = new Stopwatch<TimePart>();
    const found = await watch.time("paste", () => {
      return segmenter.paste(segmented, testCase.labels[space]);
    });
    if (space === "scan" && maskFolder !== undefined) {
      const path = join(maskFolder, mode, `${testCase.entry.id}.nii.gz`);
      await watch.time("write", () => writeMask(path, toLabelValues(found, organ), testCase));
    }
    results.push(...scoreOrgan(testCase, {
      organ,
      mode,
      space,
      segmented,
      maskOf: (_, i) => maskOfLabels(found, [i + 1]),
      sampling,
      timesMs: sumTimes([segmented.timesMs, watch.timesMs()]),
      toleranceMm,
    }));
  }
  return results;
}

async function costsOf(
  detector: Detector | null,
  segmentors: readonly LoadedSegmentor[],
): Promise<ModelCost[]> {
  const costs: ModelCost[] = detector ? [await detectorCost(detector)] : [];
  const seen = new Set<string>();
  for (const loaded of segmentors) {
    for (const { part, edge } of partsOf(loaded)) {
      if (seen.has(part)) continue;
      seen.add(part);
      costs.push(await networkCost({ ...loaded, edge }, part));
    }
  }
  return costs;
}

/** What a network is used for, and the edges of the cubes that it is used on. */
function partsOf(
  { phase, edge, searchEdge }: LoadedSegmentor,
): { readonly part: CubePart; readonly edge: number }[] {
  if (phase === "whole") return [{ part: "whole", edge }];
  const segmentor = { part: "segmentor", edge } as const;
  return searchEdge === edge ? [segmentor] : [{ part: "search", edge: searchEdge }, segmentor];
}
