import type { Detection } from "../detector/detector.ts";
import { foundBox } from "../detector/fusion.ts";
import { type Box3, boxIou2, boxIou3, unitToVoxels, wholeUnit } from "../volume/box.ts";
import { eachView, projectBox, type ViewName, viewNames } from "../volume/projection.ts";
import type { Mask, Triple } from "../volume/volume.ts";

/** How well the detector's boxes, before any margin, meet the organ's own box. */
export interface DetectorScore {
  /** Mean of the three views' 2D IoU, the quantity of the paper's Table 1; in 0 .. 1. */
  readonly iou2d: number;
  readonly iou2dByView: Readonly<Record<ViewName, number>>;
  /** IoU of the fused box in 3D; in 0 .. 1. */
  readonly iou3d: number;
  /**
   * Distance in mm by which each wall of the fused box lies outside (positive) or inside (negative)
   * the organ's: low and high end along x, y, z.
   */
  readonly wallsMm: readonly (readonly [low: number, high: number])[];
  /** Mean of the six absolute wall distances, in mm. */
  readonly wallErrorMm: number;
}

/**
 * Scores one detection. A view that found nothing has IoU 0, and so has the fused box where none did;
 * its walls are those of the whole volume then, the worst that a box may be.
 *
 * @param groundTruthUnit the organ's tight box; `null` when the case has no such organ, to which
 *   nothing here applies: every value is NaN
 * @param extentMm edge lengths of the whole volume, for the walls
 */
export function scoreDetection(
  groundTruthUnit: Box3 | null,
  { views, tightUnit }: Pick<Detection, "views" | "tightUnit">,
  extentMm: Triple,
): DetectorScore {
  const inView = (view: ViewName): number => {
    if (!groundTruthUnit) return NaN;
    const box = foundBox(views[view]);
    return box ? boxIou2(projectBox(groundTruthUnit, view), box) : 0;
  };
  const iou2dByView = eachView(inView);
  const isFound = viewNames.some((view) => foundBox(views[view]) !== null);
  const fusedUnit = isFound ? tightUnit : wholeUnit;
  const wallsMm = ([0, 1, 2] as const).map((axis): [number, number] => {
    if (!groundTruthUnit) return [NaN, NaN];
    return [
      (groundTruthUnit.min[axis] - fusedUnit.min[axis]) * extentMm[axis],
      (fusedUnit.max[axis] - groundTruthUnit.max[axis]) * extentMm[axis],
    ];
  });
  return {
    iou2d: viewNames.reduce((sum, view) => sum + iou2dByView[view], 0) / viewNames.length,
    iou2dByView,
    iou3d: !groundTruthUnit ? NaN : isFound ? boxIou3(groundTruthUnit, fusedUnit) : 0,
    wallsMm,
    wallErrorMm: wallsMm.flat().reduce((sum, wall) => sum + Math.abs(wall), 0) / 6,
  };
}

/**
 * The share of the organ's voxels whose centres lie in the region of interest: what a perfect
 * segmentor could still find. In 0 .. 1; NaN when the mask is empty.
 */
export function roiCoverage(mask: Mask, roiUnit: Box3): number {
  const { min, max } = unitToVoxels(roiUnit, mask.shape);
  const [nx, ny, nz] = mask.shape;
  let [inside, all] = [0, 0];
  let i = 0;
  for (let z = 0; z < nz; z++) {
    const zInside = z + 0.5 >= min[2] && z + 0.5 < max[2];
    for (let y = 0; y < ny; y++) {
      const yInside = zInside && y + 0.5 >= min[1] && y + 0.5 < max[1];
      for (let x = 0; x < nx; x++, i++) {
        if (mask.data[i] === 0) continue;
        all++;
        if (yInside && x + 0.5 >= min[0] && x + 0.5 < max[0]) inside++;
      }
    }
  }
  return inside / all;
}
