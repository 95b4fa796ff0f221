import * as tf from "../tf.ts";
import type { LossParts } from "./loss_parts.ts";

/** Weights of the two parts: Carion 2020 (DETR), section A.4. */
const l1Weight = 5;
const giouWeight = 2;
/** In squared units of the picture: keeps the division defined for boxes without area. */
const smallestArea = 1e-7;

/**
 * L1 distance and generalised IoU (Rezatofighi 2019), as parts `l1` and `giou`, weighted 5 and 2,
 * averaged over the boxes.
 *
 * @param predicted [n, 4] as (centre horizontal, centre vertical, width, height) in 0..1
 * @param target the same
 */
export function boxLoss(predicted: tf.Tensor2D, target: tf.Tensor2D): LossParts {
  return tf.tidy(() => ({
    l1: tf.abs(predicted.sub(target)).sum(1).mean().mul(l1Weight) as tf.Scalar,
    giou: tf.sub(1, generalizedIou(predicted, target)).mean().mul(giouWeight) as tf.Scalar,
  }));
}

/**
 * Generalised IoU of each pair of boxes, in [-1, 1]: IoU less the share of the smallest box around
 * both that neither covers. Boxes as in {@linkcode boxLoss}; returns [n].
 */
export function generalizedIou(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const [aMin, aMax, aArea] = corners(a);
    const [bMin, bMax, bArea] = corners(b);
    const shared = area(tf.relu(tf.minimum(aMax, bMax).sub(tf.maximum(aMin, bMin))));
    const union = aArea.add(bArea).sub(shared);
    const hull = area(tf.maximum(aMax, bMax).sub(tf.minimum(aMin, bMin)));
    const iou = shared.div(union.add(smallestArea));
    const uncovered = hull.sub(union).div(hull.add(smallestArea));
    return iou.sub(uncovered) as tf.Tensor1D;
  });
}

function corners(box: tf.Tensor2D): [min: tf.Tensor2D, max: tf.Tensor2D, area: tf.Tensor1D] {
  const [center, size] = tf.split(box, 2, 1); // [n, 2] each
  const half = size.mul(0.5);
  return [center.sub(half), center.add(half), area(size)];
}

function area(size: tf.Tensor): tf.Tensor1D {
  const [width, height] = tf.unstack(size, 1); // [n] each
  return width.mul(height);
}
