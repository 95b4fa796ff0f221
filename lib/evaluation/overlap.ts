import type { Mask } from "../volume/volume.ts";
import { requireSameGrid } from "./mask_pair.ts";

/** How far two masks cover the same voxels. */
export interface Overlap {
  /** 2 |A and B| / (|A| + |B|), in 0 .. 1; NaN when both are empty. */
  readonly dice: number;
  /** |A and B| / |A or B|, in 0 .. 1; NaN when both are empty. */
  readonly iou: number;
  readonly groundTruthVoxels: number;
  readonly predictionVoxels: number;
  readonly sharedVoxels: number;
}

/**
 * Dice (1945) and intersection over union (Jaccard 1912) of a prediction with the ground truth.
 *
 * Both masks empty: NaN, which says "not applicable" and is counted as such by the summaries. One
 * of them empty: 0.
 *
 * @throws {UserError} when the masks lie on different grids
 */
export function overlap(groundTruth: Mask, prediction: Mask): Overlap {
  requireSameGrid(groundTruth, prediction);
  let [groundTruthVoxels, predictionVoxels, sharedVoxels] = [0, 0, 0];
  for (let i = 0; i < groundTruth.data.length; i++) {
    const [a, b] = [groundTruth.data[i], prediction.data[i]];
    groundTruthVoxels += a;
    predictionVoxels += b;
    sharedVoxels += a & b;
  }
  const sum = groundTruthVoxels + predictionVoxels;
  return {
    dice: 2 * sharedVoxels / sum,
    iou: sharedVoxels / (sum - sharedVoxels),
    groundTruthVoxels,
    predictionVoxels,
    sharedVoxels,
  };
}
