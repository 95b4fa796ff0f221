import { aroundBoxes, boundingBoxVoxels } from "../volume/box.ts";
import { type Mask, spacingMm, type Triple } from "../volume/volume.ts";
import { requireSameGrid } from "./mask_pair.ts";
import { nearestDistances } from "./nearest_distance.ts";
import { percentileOfSorted } from "./statistics.ts";
import { surfaceVoxels } from "./surface_voxels.ts";

/** Distances in mm between the surfaces of two masks, both ways, ascending. */
export interface SurfaceDistances {
  /** Of each surface voxel of the ground truth to the nearest one of the prediction. */
  readonly fromGroundTruth: Float64Array;
  /** Of each surface voxel of the prediction to the nearest one of the ground truth. */
  readonly fromPrediction: Float64Array;
}

/** What the surface distances of a case come to. */
export interface SurfaceMetrics {
  /** Hausdorff distance: the largest distance, in mm. */
  readonly hdMm: number;
  /** The greater of the two directed 95th percentiles, in mm. */
  readonly hd95Mm: number;
  /** Normalised surface distance: share of both surfaces within the tolerance, in 0 .. 1. */
  readonly nsd: number;
  /** Mean surface distance in mm: the mean of the two directed means. */
  readonly meanSurfaceDistanceMm: number;
  /** Which masks have no voxel, by which the values follow a rule instead of a measurement. */
  readonly empty: "none" | "groundTruth" | "prediction" | "both";
}

/** How {@linkcode surfaceMetrics} measures. */
export interface SurfaceOptions {
  /** Distance in mm up to which a surface voxel counts as met by NSD; 1 by default. */
  readonly toleranceMm?: number;
  /** Edge lengths of a voxel; the affine's by default. `[1, 1, 1]` gives distances in voxels. */
  readonly spacing?: Triple;
}

/**
 * Hausdorff distance, its 95th percentile, normalised and mean surface distance.
 *
 * A surface is made of the voxels that an erosion with the 6-neighbourhood removes
 * ({@linkcode surfaceVoxels}); distances run between voxel centres in true spacing. HD95 is the
 * greater of the two directed 95th percentiles, each interpolated linearly (as in MONAI; MedPy pools
 * both directions, and DeepMind's surface-distance weighs pieces of area at the voxels' corners, so
 * their values differ on small or thin masks). NSD is the count of surface voxels, of both masks,
 * within the tolerance over the count of all (Nikolov et al. 2018, with voxels in place of areas).
 *
 * One mask empty: the distances are the volume's diagonal in mm, from corner to corner, and NSD is 0,
 * so that finding nothing is never better than finding something. Both empty: NaN, not applicable.
 *
 * @throws {UserError} when the masks lie on different grids
 */
export function surfaceMetrics(
  groundTruth: Mask,
  prediction: Mask,
  { toleranceMm = 1, spacing = spacingMm(groundTruth) }: SurfaceOptions = {},
): SurfaceMetrics {
  const distances = surfaceDistances(groundTruth, prediction, spacing);
  const { fromGroundTruth: a, fromPrediction: b } = distances;
  if (a.length === 0 || b.length === 0) return metricsOfEmpty(distances, groundTruth, spacing);
  return {
    hdMm: Math.max(a[a.length - 1], b[b.length - 1]),
    hd95Mm: Math.max(percentileOfSorted(a, 95), percentileOfSorted(b, 95)),
    nsd: (countUpTo(a, toleranceMm) + countUpTo(b, toleranceMm)) / (a.length + b.length),
    meanSurfaceDistanceMm: (meanOf(a) + meanOf(b)) / 2,
    empty: "none",
  };
}

/**
 * The distances themselves, for the percentiles of one's choice. A mask without voxels has no
 * distances; the other's are all Infinity then.
 *
 * @throws {UserError} when the masks lie on different grids
 */
export function surfaceDistances(
  groundTruth: Mask,
  prediction: Mask,
  spacing: Triple = spacingMm(groundTruth),
): SurfaceDistances {
  requireSameGrid(groundTruth, prediction);
  const boxes = [boundingBoxVoxels(groundTruth), boundingBoxVoxels(prediction)]
    .filter((box) => box !== null);
  if (boxes.length === 0) {
    return { fromGroundTruth: new Float64Array(), fromPrediction: new Float64Array() };
  }
  const part = aroundBoxes(boxes);
  const a = surfaceVoxels(groundTruth, part);
  const b = surfaceVoxels(prediction, part);
  return {
    fromGroundTruth: nearestDistances(b.isSurface, b.shape, spacing, a.indices).sort(),
    fromPrediction: nearestDistances(a.isSurface, a.shape, spacing, b.indices).sort(),
  };
}

function metricsOfEmpty(
  { fromGroundTruth, fromPrediction }: SurfaceDistances,
  { shape }: Mask,
  spacing: Triple,
): SurfaceMetrics {
  if (fromGroundTruth.length === 0 && fromPrediction.length === 0) {
    return { hdMm: NaN, hd95Mm: NaN, nsd: NaN, meanSurfaceDistanceMm: NaN, empty: "both" };
  }
  const diagonal = Math.hypot(...shape.map((edge, axis) => edge * spacing[axis]));
  return {
    hdMm: diagonal,
    hd95Mm: diagonal,
    nsd: 0,
    meanSurfaceDistanceMm: diagonal,
    empty: fromGroundTruth.length === 0 ? "groundTruth" : "prediction",
  };
}

/** A distance that equals the tolerance up to rounding is within it. */
function countUpTo(sorted: Float64Array, tolerance: number): number {
  const limit = tolerance * (1 + 1e-9);
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] <= limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
