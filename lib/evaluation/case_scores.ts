import { type Mask, spacingMm, voxelMm3 } from "../volume/volume.ts";
import { overlap } from "./overlap.ts";
import type { CaseResult } from "./records.ts";
import { surfaceMetrics } from "./surface_distance.ts";

/** The part of a {@linkcode CaseResult} that two masks decide. */
export type MaskScores = Pick<
  CaseResult,
  | "dice"
  | "iou"
  | "hd95Mm"
  | "hd95Voxels"
  | "nsd"
  | "meanSurfaceDistanceMm"
  | "groundTruthMm3"
  | "predictionMm3"
  | "empty"
>;

/**
 * Every measure of a predicted mask against the ground truth; the rules for empty masks are those of
 * {@linkcode overlap} and {@linkcode surfaceMetrics}.
 *
 * @param toleranceMm distance up to which NSD counts a surface voxel as met
 * @throws {UserError} when the masks lie on different grids
 */
export function scoreMasks(groundTruth: Mask, prediction: Mask, toleranceMm: number): MaskScores {
  const { dice, iou, groundTruthVoxels, predictionVoxels } = overlap(groundTruth, prediction);
  const spacing = spacingMm(groundTruth);
  const surface = surfaceMetrics(groundTruth, prediction, { toleranceMm, spacing });
  return {
    dice,
    iou,
    hd95Mm: surface.hd95Mm,
    hd95Voxels: surfaceMetrics(groundTruth, prediction, { spacing: [1, 1, 1] }).hd95Mm,
    nsd: surface.nsd,
    meanSurfaceDistanceMm: surface.meanSurfaceDistanceMm,
    groundTruthMm3: groundTruthVoxels * voxelMm3(groundTruth),
    predictionMm3: predictionVoxels * voxelMm3(groundTruth),
    empty: surface.empty,
  };
}
