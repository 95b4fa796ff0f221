import type { ModelName } from "../config/model_name.ts";
import type { Box3 } from "../volume/box.ts";
import type { Summary } from "./statistics.ts";

/**
 * How a prediction came about: the segmentor on the ground truth's region (the paper's Table 2), on
 * the detector's ("with crop", Table 3), or on the whole volume ("w/o crop", Table 3).
 */
export type EvaluationMode = "groundTruthRoi" | "withCrop" | "withoutCrop";

/** Where a prediction is compared: the prepared cube (128^3 in the paper), or the scan's own grid. */
export type EvaluationSpace = "cube" | "scan";

/** Parts of the way from a file to a written mask, in order. */
export const timeParts = ["read", "detect", "crop", "segment", "paste", "write"] as const;
/** One of {@linkcode timeParts}. */
export type TimePart = typeof timeParts[number];

/** Durations in ms of the parts that ran. */
export type Times = Readonly<Partial<Record<TimePart, number>>>;

/** Each part's durations added up. */
export function sumTimes(all: readonly Times[]): Times {
  const sums: Partial<Record<TimePart, number>> = {};
  for (const part of timeParts) {
    const given = all.flatMap((times) => times[part] ?? []);
    if (given.length > 0) sums[part] = given.reduce((sum, ms) => sum + ms, 0);
  }
  return sums;
}

/** Everything measured on one class of one organ in one case. NaN: not applicable, by rule. */
export interface CaseResult {
  readonly caseId: string;
  readonly organ: string;
  /** The class inside the organ; the organ's name where it has one class. */
  readonly className: string;
  readonly mode: EvaluationMode;
  readonly space: EvaluationSpace;
  readonly dice: number;
  readonly iou: number;
  readonly hd95Mm: number;
  /** HD95 with every voxel edge taken as 1. */
  readonly hd95Voxels: number;
  readonly nsd: number;
  readonly meanSurfaceDistanceMm: number;
  readonly groundTruthMm3: number;
  readonly predictionMm3: number;
  /** Which of the masks had no voxel. */
  readonly empty: "none" | "groundTruth" | "prediction" | "both";
  /** Mean 2D IoU of the views; NaN in modes without a detector, as the three below. */
  readonly detectorIou2d: number;
  readonly detectorIou3d: number;
  /** 3D IoU of the box that the last pass's region was made of; the detector's where there was one. */
  readonly regionIou3d: number;
  /** Mean absolute distance in mm of the fused box's walls from the organ's. */
  readonly wallErrorMm: number;
  /** The region of interest: the whole volume in the mode without crop. */
  readonly roiUnit: Box3;
  /** Share of the class's voxels inside the region of interest. */
  readonly roiCoverage: number;
  /**
   * The most that region and cube leave within reach, in the scan's own grid (`RegionCeiling.both`);
   * lacking in the cube, where organs were segmented together, and in older results.
   */
  readonly diceCeiling?: number;
  /** Edge of the segmentor's input cube. */
  readonly edge: number;
  /** The stage that the segmentor started at, 1 .. N; NaN for a network without stages. */
  readonly stage: number;
  /** How often the segmentor ran; lacking in older results. */
  readonly passes?: number;
  /** How many of the passes were searches in a smaller cube; lacking in older results. */
  readonly searches?: number;
  readonly timesMs: Times;
}

/** What the detector found in one case, measured apart from any segmentor. NaN: not applicable. */
export interface DetectorCase {
  readonly caseId: string;
  readonly organ: string;
  /** Mean 2D IoU of the views, the quantity of the paper's Table 1. */
  readonly iou2d: number;
  readonly iou2dXy: number;
  readonly iou2dYz: number;
  readonly iou2dXz: number;
  /** Of the fused box, before any margin. */
  readonly iou3d: number;
  /** Mean absolute distance of the fused box's walls from the organ's. */
  readonly wallErrorMm: number;
  readonly detectMs: number;
}

/** The quantities of a {@linkcode CaseResult} that are averaged over cases. */
export const metricNames = [
  "dice",
  "iou",
  "hd95Mm",
  "hd95Voxels",
  "nsd",
  "meanSurfaceDistanceMm",
  "detectorIou2d",
  "detectorIou3d",
  "regionIou3d",
  "wallErrorMm",
  "roiCoverage",
] as const;
/** One of {@linkcode metricNames}. */
export type MetricName = typeof metricNames[number];

/** All cases of one class of an organ, in one mode and space. */
export interface GroupSummary {
  readonly organ: string;
  readonly className: string;
  readonly mode: EvaluationMode;
  readonly space: EvaluationSpace;
  readonly cases: number;
  /** Cases with a ground truth in which nothing was found; their HD95 is the volume's diagonal. */
  readonly emptyPredictions: number;
  readonly metrics: Readonly<Record<MetricName, Summary>>;
  /** By part, of the cases in which the part ran. */
  readonly timesMs: Readonly<Partial<Record<TimePart, Summary>>>;
}

/** The "FLOPs" of a network by the two rules that the paper's Table 5 mixes. */
export interface RuleOperations {
  /** The rule of its own network: `paperOperations` of lib/nn. */
  readonly own: number;
  /** That of the peers: `paperLayerOperations`; NaN for the detector, whose layers are not traced. */
  readonly peers: number;
}

/**
 * What a network that takes cubes is used for: in a pass that searches for the region of the next one,
 * on a region, or on the whole volume.
 */
export type CubePart = "search" | "segmentor" | "whole";

/** What a network costs, without regard to how well it does. */
export interface ModelCost {
  /** The detector's three views together, or one of the cube's. */
  readonly part: "detector" | CubePart;
  /** The network of the part, unless it is the detector's; files of before there were peers lack it. */
  readonly model?: ModelName;
  /** Edge of the input: pixels of a view's picture, or voxels of a cube. */
  readonly edge: number;
  /** Trainable values of the whole network. */
  readonly parameters: number;
  /** Of those, the ones that an input of this edge uses. */
  readonly activeParameters: number;
  /** True multiply-accumulates of a volume. */
  readonly macs: number;
  /**
   * What the paper's Table 5 calls FLOPs, by the rule that it counts this network by; NaN for Slim
   * UNETR, which the table does not have.
   */
  readonly paperOperations: number;
  /** The same by both rules of Table 5; files of before there were peers lack it. */
  readonly operationsByRule?: RuleOperations;
  /**
   * What Table 5 calls the segmentor's parameters, a counting artefact; the true ones for a peer, as
   * there; NaN for the detector.
   */
  readonly paperParameters: number;
  /** The network's values and the most that intermediate tensors held beside them, in bytes. */
  readonly peakTensorBytes: number;
}

/** One evaluation of one run, as it is written to disk. */
export interface Evaluation {
  /** Name of the run that made the predictions. */
  readonly run: string;
  readonly preset: string;
  /** What segmented; files of before there was a choice lack it, and mean the segmentor. */
  readonly model?: ModelName;
  /** The organs that were segmented together, excluding each other, where there were several runs. */
  readonly together?: readonly string[];
  /** Those of them of which several runs' probabilities were averaged in a scan. */
  readonly averaged?: readonly string[];
  readonly dataSet: string;
  /** What was computed on: device, native library. */
  readonly device: string;
  /** Distance up to which NSD counts a surface voxel as met. */
  readonly toleranceMm: number;
  /** Edge of the prepared cube; files of before it was written lack it. */
  readonly cubeEdge?: number;
  readonly cases: readonly CaseResult[];
  readonly summaries: readonly GroupSummary[];
  readonly costs: readonly ModelCost[];
  /** Largest physical memory of the process in bytes. */
  readonly peakProcessBytes: number;
  /** GPU memory that the process held at its end, in bytes; absent without a GPU. */
  readonly gpuBytes?: number;
}
