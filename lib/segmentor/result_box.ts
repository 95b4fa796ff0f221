import { boundingBoxVoxels, type Box3, boxEdges, eachAxis, voxelsToUnit } from "../volume/box.ts";
import { largestComponents } from "../volume/components.ts";
import type { Triple } from "../volume/volume.ts";

/**
 * The smallest box around what the segmentor found in a region, in the unit coordinates of the
 * volume; `null` where it found nothing. Its walls are those of the cube's cells.
 *
 * @param classes of the cells of the cube of `roiUnit`, as `classesOfLogits` gives them
 * @param onePiece of each class only its largest connected component counts
 */
export function resultBoxUnit(
  classes: Uint16Array,
  edge: number,
  roiUnit: Box3,
  onePiece: boolean,
): Box3 | null {
  const shape: Triple = [edge, edge, edge];
  const found = { shape, data: classes };
  const data = onePiece ? largestComponents(found, classesIn(classes)) : classes;
  const box = boundingBoxVoxels({ shape, data });
  if (box === null) return null;
  const inRegion = voxelsToUnit(box, shape);
  const edges = boxEdges(roiUnit);
  const outer = (point: Triple) =>
    eachAxis((axis) => roiUnit.min[axis] + point[axis] * edges[axis]);
  return { min: outer(inRegion.min), max: outer(inRegion.max) };
}

function classesIn(classes: Uint16Array): number[] {
  const seen: boolean[] = [];
  for (let i = 0; i < classes.length; i++) seen[classes[i]] = true;
  return [...seen.keys()].filter((value) => value !== 0 && seen[value]);
}
