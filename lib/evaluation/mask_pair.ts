import { UserError } from "../errors.ts";
import type { Mask } from "../volume/volume.ts";

/** Largest difference in mm between two affines' entries that counts as noise of a file's header. */
const AFFINE_TOLERANCE_MM = 1e-3;

/**
 * Checks that two masks lie on the same grid, voxel by voxel, so that comparing them has a meaning.
 *
 * @throws {UserError} when their shapes differ, or their affines by more than 0.001
 */
export function requireSameGrid(groundTruth: Mask, prediction: Mask): void {
  const [expected, seen] = [groundTruth.shape.join("x"), prediction.shape.join("x")];
  if (expected !== seen) {
    throw new UserError({
      what: "cannot compare a prediction with the ground truth",
      rule: `its shape must be that of the ground truth, ${expected}`,
      seen,
      remedy: "Bring the prediction into the grid of the ground truth first",
    });
  }
  const difference = Math.max(
    ...groundTruth.affine.map((value, i) => Math.abs(value - prediction.affine[i])),
  );
  if (!(difference <= AFFINE_TOLERANCE_MM)) {
    throw new UserError({
      what: "cannot compare a prediction with the ground truth",
      rule: `their affines may differ by ${AFFINE_TOLERANCE_MM} mm at most`,
      seen: `a difference of ${difference}`,
      remedy: "Bring the prediction into the grid of the ground truth first",
    });
  }
}
