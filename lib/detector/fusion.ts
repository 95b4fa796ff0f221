import type { DetectorConfig } from "../config/config.ts";
import {
  type Box2,
  type Box3,
  growBox,
  unitToVoxels,
  voxelsToUnit,
  wholeUnit,
} from "../volume/box.ts";
import { placeInView, type ViewName, viewNames } from "../volume/projection.ts";
import type { Triple } from "../volume/volume.ts";

/** What the detector found in one view. */
export interface ViewBox {
  readonly boxUnit: Box2;
  /**
   * How far the walls on the horizontal and the vertical axis are to be trusted, in [0, 1]; 0 says
   * that nothing was found, and `boxUnit` covers the whole axis then.
   */
  readonly confidence: readonly [number, number];
}

/** The box of a view; `null` where it found nothing. */
export function foundBox({ boxUnit, confidence: [a, b] }: ViewBox): Box2 | null {
  return a > 0 && b > 0 ? boxUnit : null;
}

/**
 * The box around those of a view's boxes in which something was found, with the mean of their
 * confidences; the first box where nothing was.
 *
 * @param boxes at least one
 */
export function joinBoxes(boxes: readonly ViewBox[]): ViewBox {
  const found = boxes.filter((box) => foundBox(box) !== null);
  if (found.length < 2) return found[0] ?? boxes[0];
  const along = (place: 0 | 1) => ({
    min: Math.min(...found.map(({ boxUnit }) => boxUnit.min[place])),
    max: Math.max(...found.map(({ boxUnit }) => boxUnit.max[place])),
    confidence: found.reduce((sum, { confidence }) => sum + confidence[place], 0) / found.length,
  });
  const [horizontal, vertical] = [along(0), along(1)];
  return {
    boxUnit: { min: [horizontal.min, vertical.min], max: [horizontal.max, vertical.max] },
    confidence: [horizontal.confidence, vertical.confidence],
  };
}

/**
 * The 3D box that three views agree on, in unit coordinates (section 3.1: "the coordinates of the 3D
 * bounding box are computed using the coordinates of these 2D bounding boxes").
 *
 * Every axis is seen by two views. Its walls are the means of theirs, weighted by confidence; with
 * equal confidences this is the plain mean.
 *
 * @param unseen whose walls an axis has on which no view found anything; the whole volume's by default
 */
export function fuseViews(
  boxes: Readonly<Record<ViewName, ViewBox>>,
  unseen: Box3 = wholeUnit,
): Box3 {
  return boxOfSpans((axis) =>
    fuseAxis(boxes, axis) ?? { min: unseen.min[axis], max: unseen.max[axis] }
  );
}

/**
 * The region of interest around a fused box, in unit coordinates: every face is moved outwards by
 * `marginRelative` of the box's edge and `marginVoxels` voxels of the prepared cube, as far as the
 * cube reaches. A box thinner than a voxel is taken as a voxel first.
 */
export function addMargin(
  tightUnit: Box3,
  cubeShape: Triple,
  config: Pick<DetectorConfig, "marginRelative" | "marginVoxels">,
): Box3 {
  const tight = atLeastOneVoxel(unitToVoxels(tightUnit, cubeShape), cubeShape);
  const grown = growBox(tight, config.marginRelative, config.marginVoxels, cubeShape);
  return voxelsToUnit(grown, cubeShape);
}

/** Where two opposite walls lie, in unit coordinates. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** The box that has these walls on the axes x, y and z. */
export function boxOfSpans(spanOf: (axis: 0 | 1 | 2) => Span): Box3 {
  const [x, y, z] = [spanOf(0), spanOf(1), spanOf(2)];
  return { min: [x.min, y.min, z.min], max: [x.max, y.max, z.max] };
}

/** What one view says of an axis. */
export interface AxisEstimate extends Span {
  readonly view: ViewName;
  readonly confidence: number;
}

/** What the two views that see an axis say of it; {@linkcode fuseViews} takes their weighted mean. */
export function axisEstimates(
  boxes: Readonly<Record<ViewName, ViewBox>>,
  axis: 0 | 1 | 2,
): AxisEstimate[] {
  return viewNames.flatMap((view) => {
    const place = placeInView(view, axis);
    if (place < 0) return [];
    const { boxUnit: { min, max }, confidence } = boxes[view];
    return [{ view, min: min[place], max: max[place], confidence: confidence[place] }];
  });
}

/** The mean walls of an axis by {@linkcode axisEstimates}; `null` where no view found anything. */
export function fuseAxis(boxes: Readonly<Record<ViewName, ViewBox>>, axis: 0 | 1 | 2): Span | null {
  let [min, max, weights] = [0, 0, 0];
  for (const estimate of axisEstimates(boxes, axis)) {
    min += estimate.confidence * estimate.min;
    max += estimate.confidence * estimate.max;
    weights += estimate.confidence;
  }
  return weights > 0 ? { min: min / weights, max: max / weights } : null;
}

function atLeastOneVoxel(box: Box3, shape: Triple): Box3 {
  return boxOfSpans((axis) => {
    const [min, max] = [box.min[axis], box.max[axis]];
    if (max - min >= 1) return { min, max };
    const edge = shape[axis];
    const start = Math.min(Math.max((min + max - 1) / 2, 0), Math.max(0, edge - 1));
    return { min: start, max: Math.min(edge, start + 1) };
  });
}
