import { boundingBoxVoxels, type Box3, boxEdges, eachAxis, voxelsToUnit } from "../volume/box.ts";
import { largestComponents } from "../volume/components.ts";
import type { Triple } from "../volume/volume.ts";
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
  const values = [...new Set(classes)].filter((value) => value !== 0);
  const found = onePiece ? largestComponents({ shape: cube, data: classes }, values) : classes;
  const data = Uint8Array.from(found, (value) => value === 0 ? 0 : 1);
  const box = boundingBoxVoxels({ shape: cube, affine: [], data });
  if (box === null) return null;
  const inRegion = voxelsToUnit(box, cube);
  const edges = boxEdges(roiUnit);
  const outer = (point: Triple) =>
    eachAxis((axis) => roiUnit.min[axis] + point[axis] * edges[axis]);
  return { min: outer(inRegion.min), max: outer(inRegion.max) };
}
