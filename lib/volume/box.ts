import { rowsSet } from "./rows_set.ts";
import type { LabelVolume, Mask, Triple } from "./volume.ts";

/**
 * An axis-aligned box in a volume, half-open, in continuous voxel coordinates in which voxel i
 * covers [i, i + 1) (its centre is i + 0.5), or in unit coordinates in which the whole axis covers
 * [0, 1). A name says which: `boxVoxels`, `boxUnit`. Order x, y, z.
 */
export interface Box3 {
  readonly min: Triple;
  readonly max: Triple;
}

/**
 * A box in a view, half-open, in the order (horizontal, vertical) of the view: (x, y) in `xy`,
 * (y, z) in `yz`, (x, z) in `xz`.
 */
export interface Box2 {
  readonly min: readonly [number, number];
  readonly max: readonly [number, number];
}

/** The whole volume, in unit coordinates. */
export const wholeUnit: Box3 = { min: [0, 0, 0], max: [1, 1, 1] };

/** Voxel coordinates of a box in unit coordinates. */
export function unitToVoxels(boxUnit: Box3, shape: Triple): Box3 {
  return {
    min: [boxUnit.min[0] * shape[0], boxUnit.min[1] * shape[1], boxUnit.min[2] * shape[2]],
    max: [boxUnit.max[0] * shape[0], boxUnit.max[1] * shape[1], boxUnit.max[2] * shape[2]],
  };
}

/** Unit coordinates of a box in voxel coordinates. */
export function voxelsToUnit(boxVoxels: Box3, shape: Triple): Box3 {
  return unitToVoxels(boxVoxels, [1 / shape[0], 1 / shape[1], 1 / shape[2]]);
}

/** Edge lengths along x, y, z; never negative. */
export function boxEdges(box: Box3): Triple {
  return [
    Math.max(0, box.max[0] - box.min[0]),
    Math.max(0, box.max[1] - box.min[1]),
    Math.max(0, box.max[2] - box.min[2]),
  ];
}

/** The smallest box that holds every voxel that is not 0, in voxels; `null` when there is none. */
export function boundingBoxVoxels(
  { data, shape: [width, height, depth] }: Pick<Mask | LabelVolume, "data" | "shape">,
): Box3 | null {
  const min = [width, height, depth];
  const max = [0, 0, 0];
  const isSet = rowsSet(data, width); // most of the work
  for (let row = isSet.indexOf(1); row >= 0; row = isSet.indexOf(1, row + 1)) {
    const z = Math.floor(row / height);
    const y = row - z * height;
    let [from, to] = [0, width];
    while (from < min[0] && data[row * width + from] === 0) from++;
    while (to > max[0] && data[row * width + to - 1] === 0) to--;
    min[0] = Math.min(min[0], from);
    min[1] = Math.min(min[1], y);
    min[2] = Math.min(min[2], z);
    max[0] = Math.max(max[0], to);
    max[1] = Math.max(max[1], y + 1);
    max[2] = z + 1;
  }
  if (max[0] === 0) return null;
  return { min: [min[0], min[1], min[2]], max: [max[0], max[1], max[2]] };
}

/**
 * The smallest box around boxes in the same coordinates.
 *
 * @throws RangeError when there is no box
 */
export function aroundBoxes(boxes: readonly Box3[]): Box3 {
  if (boxes.length === 0) throw new RangeError("there is no box around no boxes");
  return {
    min: eachAxis((axis) => Math.min(...boxes.map(({ min }) => min[axis]))),
    max: eachAxis((axis) => Math.max(...boxes.map(({ max }) => max[axis]))),
  };
}

/** A value for each of the axes x, y, z. */
export function eachAxis(value: (axis: 0 | 1 | 2) => number): Triple {
  return [value(0), value(1), value(2)];
}

/** Intersection over union of two boxes in the same coordinates; 0 when both are empty. */
export function boxIou3(a: Box3, b: Box3): number {
  return intersectionOverUnion(a.min, a.max, b.min, b.max);
}

/** Intersection over union of two boxes of a view; 0 when both are empty. */
export function boxIou2(a: Box2, b: Box2): number {
  return intersectionOverUnion(a.min, a.max, b.min, b.max);
}

function intersectionOverUnion(
  aMin: readonly number[],
  aMax: readonly number[],
  bMin: readonly number[],
  bMax: readonly number[],
): number {
  let [shared, a, b] = [1, 1, 1];
  for (let axis = 0; axis < aMin.length; axis++) {
    const from = Math.max(aMin[axis], bMin[axis]);
    const to = Math.min(aMax[axis], bMax[axis]);
    shared *= Math.max(0, to - from);
    a *= Math.max(0, aMax[axis] - aMin[axis]);
    b *= Math.max(0, bMax[axis] - bMin[axis]);
  }
  const union = a + b - shared;
  return union > 0 ? shared / union : 0;
}

/**
 * The box with every face moved outwards by `relative` times the box's edge on that axis plus
 * `absolute` units of its coordinates, cut off at [0, limit].
 */
export function growBox(box: Box3, relative: number, absolute: number, limit: Triple): Box3 {
  const edges = boxEdges(box);
  const by = edges.map((edge) => edge * relative + absolute);
  const min = box.min.map((value, axis) => Math.max(0, value - by[axis]));
  const max = box.max.map((value, axis) => Math.min(limit[axis], value + by[axis]));
  return { min: [min[0], min[1], min[2]], max: [max[0], max[1], max[2]] };
}
