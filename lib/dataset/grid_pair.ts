import { affineDistanceMm } from "../volume/affine.ts";
import { orientationOf, rasGrid } from "../volume/orientation.ts";
import { type Grid, spacingMm, type Triple } from "../volume/volume.ts";

/** How the grid of a label file agrees with that of its image, both brought to RAS order. */
export interface GridComparison {
  readonly imageShape: Triple;
  readonly labelShape: Triple;
  readonly sameShape: boolean;
  /** Farthest that a voxel of the labels lies from the image's, in mm; NaN for other shapes. */
  readonly distanceMm: number;
  /** `equal`: they agree within rounding. `near`: usable. `apart`: labels of another place. */
  readonly verdict: "equal" | "near" | "apart";
}

/** Shares of the image's shortest voxel edge up to which a distance is equal, and near. */
const tolerance = { equal: 0.02, near: 0.2 };

/**
 * Compares the grid of labels with their image's. Files whose axes run differently agree when their
 * voxels lie at the same places, because both are brought to RAS order before they are used.
 *
 * @throws UserError when an affine is singular
 */
export function compareGrids(image: Grid, labels: Grid): GridComparison {
  const [imageRas, labelRas] = [image, labels].map((grid) => rasGrid(orientationOf(grid)));
  const sameShape = imageRas.shape.every((size, axis) => size === labelRas.shape[axis]);
  const distanceMm = sameShape
    ? affineDistanceMm(imageRas.affine, labelRas.affine, imageRas.shape)
    : NaN;
  const edge = Math.min(...spacingMm(image));
  return {
    imageShape: imageRas.shape,
    labelShape: labelRas.shape,
    sameShape,
    distanceMm,
    verdict: distanceMm <= tolerance.equal * edge
      ? "equal"
      : distanceMm <= tolerance.near * edge
      ? "near"
      : "apart",
  };
}

/** What is wrong with a pair of grids, in words; null for equal ones. */
export function describeMismatch(grids: GridComparison): string | null {
  if (grids.verdict === "equal") return null;
  if (!grids.sameShape) {
    return `the image has ${grids.imageShape.join(" x ")} voxels and the labels ` +
      `${grids.labelShape.join(" x ")} (in RAS order)`;
  }
  return `the labels lie up to ${grids.distanceMm.toPrecision(3)} mm from the image's voxels`;
}
