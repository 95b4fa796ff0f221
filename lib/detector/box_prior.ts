import { aroundBoxes, type Box3, eachAxis } from "../volume/box.ts";

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
  return {
    outer: aroundBoxes(boxes),
    inner: {
      min: eachAxis((axis) => Math.max(...boxes.map(({ min }) => min[axis]))),
      max: eachAxis((axis) => Math.min(...boxes.map(({ max }) => max[axis]))),
    },
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
