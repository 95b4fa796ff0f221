import type { CaseResult, Evaluation, ModelCost } from "../../lib/evaluation/records.ts";
import { summarizeResults } from "../../lib/evaluation/summary.ts";

/** A result with plain values; `changes` are what a test is about. */
export function caseResult(changes: Partial<CaseResult> = {}): CaseResult {
  return {
    caseId: "case_1",
    organ: "liver",
    className: "liver",
    mode: "withCrop",
    space: "cube",
    dice: 0.9,
    iou: 0.8,
    hd95Mm: 6,
    hd95Voxels: 2,
    nsd: 0.7,
    meanSurfaceDistanceMm: 1.5,
    groundTruthMm3: 1000,
    predictionMm3: 1100,
    empty: "none",
    detectorIou2d: 0.75,
    detectorIou3d: 0.6,
    regionIou3d: 0.6,
    wallErrorMm: 4,
    roiUnit: { min: [0.25, 0.5, 0.125], max: [0.75, 0.875, 0.5] },
    roiCoverage: 0.99,
    edge: 64,
    stage: 1,
    timesMs: { read: 50, detect: 100, crop: 20, segment: 200, paste: 30 },
    ...changes,
  };
}

/** The cost of a part, in round numbers. */
export function modelCost(changes: Partial<ModelCost> = {}): ModelCost {
  return {
    part: "segmentor",
    edge: 64,
    parameters: 1_771_589,
    activeParameters: 1_770_363,
    macs: 268_660_992,
    paperOperations: 276_058_112,
    paperParameters: 10_460_731,
    peakTensorBytes: 50 * 2 ** 20,
    ...changes,
  };
}

/** An evaluation of these cases. */
export function evaluationOf(
  cases: readonly CaseResult[],
  costs: readonly ModelCost[] = [],
): Evaluation {
  return {
    run: "test_run",
    preset: "focus",
    dataSet: "phantom",
    device: "CPU",
    toleranceMm: 2,
    cases,
    summaries: summarizeResults(cases),
    costs,
    peakProcessBytes: 2 ** 30,
  };
}
