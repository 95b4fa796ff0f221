import { boundingBoxVoxels, type Box3, voxelsToUnit } from "../volume/box.ts";
import { largestComponent } from "../volume/components.ts";
import type { Mask, Triple } from "../volume/volume.ts";
import { classesOfLogits } from "./roi.ts";

/**
 * The smallest box around what the segmentor found in a region, in the unit coordinates of the
 * volume; `null` where it found nothing. Its walls are those of the cube's cells.
 *
 * @param logits C-order `[z, y, x, channel]` on the cube of `roiUnit`
 * @param onePiece of each class only its largest connected component counts
 */
export function resultBoxUnit(
  logits: Float32Array,
  edge: number,
  roiUnit: Box3,
  onePiece: boolean,
): Box3 | null {
  const classes = classesOfLogits(logits, edge);
  const cube: Triple = [edge, edge, edge];
  const isFound = new Uint8Array(edge ** 3);
  for (const value of new Set(classes)) {
    if (value === 0) continue;
    const found = Uint8Array.from(classes, (one) => one === value ? 1 : 0);
    const mask: Mask = { shape: cube, affine: [], data: found };
    const { data } = onePiece ? largestComponent(mask) : mask;
    for (let i = 0; i < data.length; i++) if (data[i] !== 0) isFound[i] = 1;
  }
  const box = boundingBoxVoxels({ shape: cube, affine: [], data: isFound });
  if (box === null) return null;
  const inRegion = voxelsToUnit(box, cube);
  const outer = (point: Triple): Triple => {
    const along = (axis: 0 | 1 | 2) =>
      roiUnit.min[axis] + point[axis] * (roiUnit.max[axis] - roiUnit.min[axis]);
    return [along(0), along(1), along(2)];
  };
  return { min: outer(inRegion.min), max: outer(inRegion.max) };
}
