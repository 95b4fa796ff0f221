import { boundingBoxVoxels, type Box3, boxEdges, eachAxis, voxelsToUnit } from "../volume/box.ts";
import { largestPiecesOfEach } from "../volume/components.ts";
import type { Triple } from "../volume/volume.ts";

/**
 * The smallest box around what the segmentor found in a region, in the unit coordinates of the
 * volume; `null` where it found nothing. Its walls are those of the cube's cells.
 *
 * @param classes of the cells of the cube of `roiUnit`, as `classesOfLogits` gives them
 * @param pieces so many of the largest components of the classes 1, 2 ... count; `null`: all do
 */
export function resultBoxUnit(
  classes: Uint16Array,
  edge: number,
  roiUnit: Box3,
  pieces: readonly number[] | null,
): Box3 | null {
  const shape: Triple = [edge, edge, edge];
  const data = pieces === null ? classes : largestPiecesOfEach({ shape, data: classes }, pieces);
  const box = boundingBoxVoxels({ shape, data });
  if (box === null) return null;
  const inRegion = voxelsToUnit(box, shape);
  const edges = boxEdges(roiUnit);
  const outer = (point: Triple) =>
    eachAxis((axis) => roiUnit.min[axis] + point[axis] * edges[axis]);
  return { min: outer(inRegion.min), max: outer(inRegion.max) };
}
