import type { PreparedDataset } from "../../lib/dataset/case.ts";
import { defaultSettings } from "../../lib/dataset/prepare.ts";
import type { RunResult } from "../../lib/experiments/run_result.ts";
import { planRuns, type RunRequest, type RunSpec } from "../../lib/experiments/run_spec.ts";
import { caseResult, modelCost } from "../evaluation/case_results.ts";

/** A prepared data set of which only the manifest's identity matters. */
export function manifestOnly(changes: Partial<PreparedDataset> = {}): PreparedDataset {
  const entry = (id: string) => ({
    id,
    subset: "training",
    modality: "mr",
    source: { image: { sha256: `image ${id}` }, labels: { sha256: `labels ${id}` } },
    labels: { 1: {}, 2: {}, 4: {} },
  });
  return {
    name: "Dataset501",
    labels: { liver: 1, right_kidney: 2, spleen: 4 },
    settings: defaultSettings,
    entries: ["a", "b", "c", "d", "e", "f"].map(entry),
    ...changes,
  } as unknown as PreparedDataset;
}

/** A request with plain values. */
export function request(changes: Partial<RunRequest> = {}): RunRequest {
  return {
    label: "focus",
    organ: "liver",
    preset: "focus",
    changes: ["seed=0"],
    fold: "1/5",
    phases: ["detector", "segmentor", "finetune", "whole"],
    modes: ["groundTruthRoi", "withCrop", "withoutCrop"],
    ...changes,
  };
}

/** The only run of a request. */
export function specOf(changes: Partial<RunRequest> = {}, prepared = manifestOnly()): RunSpec {
  return planRuns([request(changes)], () => prepared).runs[0];
}

/** A finished run with two cases in every mode. */
export function resultOf(spec: RunSpec, changes: Partial<RunResult> = {}): RunResult {
  const cases = ["a", "b"].flatMap((caseId, i) =>
    spec.modes.flatMap((mode) =>
      (["cube", "scan"] as const).map((space) =>
        caseResult({
          caseId: `${spec.fold} ${caseId}`,
          organ: spec.parsedOrgan.name,
          className: spec.parsedOrgan.name,
          mode,
          space,
          dice: mode === "withCrop" ? 0.9 + i / 100 : 0.88,
          ...(space === "scan" && { diceCeiling: 0.96 }),
          ...(mode === "withCrop"
            ? {}
            : { detectorIou2d: NaN, detectorIou3d: NaN, wallErrorMm: NaN }),
        })
      )
    )
  );
  const part = (name: string) => ({
    name,
    phase: (name.startsWith("detector") ? "detector" : name) as RunSpec["phases"][number],
    epochs: 10,
    steps: 40,
    seconds: 60,
    bestScore: 0.8,
  });
  return {
    id: spec.id,
    hash: spec.hash,
    twinHash: spec.twinHash,
    organ: spec.parsedOrgan.name,
    preset: spec.preset,
    changes: spec.changes,
    fold: spec.fold,
    dataSet: "Dataset501",
    splitRule: `fold ${spec.fold}, seed 0`,
    training: 13,
    validation: 3,
    test: 2,
    roiEdge: 64,
    trained: spec.phases.flatMap((phase) =>
      phase === "detector" ? ["detector-xy", "detector-yz", "detector-xz"].map(part) : [part(phase)]
    ),
    modes: spec.modes,
    cases,
    detections: spec.phases.includes("detector")
      ? ["a", "b"].map((caseId) => ({
        caseId: `${spec.fold} ${caseId}`,
        organ: spec.parsedOrgan.name,
        iou2d: 0.8,
        iou2dXy: 0.7,
        iou2dYz: 0.8,
        iou2dXz: 0.9,
        iou3d: 0.75,
        wallErrorMm: 4,
        detectMs: 15,
      }))
      : [],
    costs: [
      modelCost({ part: "detector", edge: 128, macs: 466e6, paperParameters: NaN }),
      modelCost(),
      modelCost({ part: "whole", edge: 128, macs: 2265e6 }),
    ],
    step: null,
    toleranceMm: 2,
    peakProcessBytes: 2 ** 30,
    environment: { device: "CPU", tensorflow: "2.21.0", cores: "2", processor: "Some CPU" },
    finishedAt: "2026-01-01T00:00:00.000Z",
    ...changes,
  };
}
