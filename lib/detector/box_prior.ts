import type { Box3 } from "../volume/box.ts";
import type { Triple } from "../volume/volume.ts";

/** Where an organ's walls lie in the training cases, in unit coordinates. */
export interface BoxPrior {
  /** The box around all of the organ's boxes. */
  readonly outer: Box3;
  /** The most inward place of each wall: its low walls' highest, its high walls' lowest. */
  readonly inner: Box3;
}

/** A wall may lie this much beyond those of the training cases, as a share of the volume's edge. */
const tolerance = 0.1;

/**
 * What the boxes of the training cases say of the next one.
 *
 * @throws RangeError when there is no box
 */
export function boxPrior(boxes: readonly Box3[]): BoxPrior {
  if (boxes.length === 0) throw new RangeError("no boxes say nothing of the next one");
  const along = (pick: typeof Math.min, face: "min" | "max"): Triple => [
    pick(...boxes.map((box) => box[face][0])),
    pick(...boxes.map((box) => box[face][1])),
    pick(...boxes.map((box) => box[face][2])),
  ];
  return {
    outer: { min: along(Math.min, "min"), max: along(Math.max, "max") },
    inner: { min: along(Math.max, "min"), max: along(Math.min, "max") },
  };
}

/** True when every wall lies where training cases have it, or near. */
export function isUsual(boxUnit: Box3, { outer, inner }: BoxPrior): boolean {
  const between = (value: number, low: number, high: number) =>
    value >= low - tolerance && value <= high + tolerance;
  return ([0, 1, 2] as const).every((axis) =>
    between(boxUnit.min[axis], outer.min[axis], inner.min[axis]) &&
    between(boxUnit.max[axis], inner.max[axis], outer.max[axis])
  );
}

/** The box around two boxes. */
export function aroundBoth(a: Box3, b: Box3): Box3 {
  const along = (pick: typeof Math.min, face: "min" | "max"): Triple => [
    pick(a[face][0], b[face][0]),
    pick(a[face][1], b[face][1]),
    pick(a[face][2], b[face][2]),
  ];
  return { min: along(Math.min, "min"), max: along(Math.max, "max") };
}
