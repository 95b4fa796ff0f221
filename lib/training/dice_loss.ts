import * as tf from "../tf.ts";

/** In voxels: keeps a class that is absent defined, and asks for an empty prediction there. */
const smoothing = 1;

/**
 * Soft Dice loss, 1 - 2 sum(pt) / (sum(p^2) + sum(t^2)) per sample and class, averaged; in [0, 1].
 *
 * The squared form (Milletari 2016, V-Net) equals sum((p - t)^2) / (sum(p^2) + sum(t^2)), which is
 * smallest at p = t for soft targets too. The form with plain sums is not: it drives p to 0 or 1.
 *
 * @param probabilities [n, ..., c] in [0, 1]
 * @param target the same shape, shares in [0, 1]
 * @param firstClass channels before this one do not count: 1 leaves out a background
 */
export function softDiceLoss(
  probabilities: tf.Tensor,
  target: tf.Tensor,
  firstClass = 0,
): tf.Scalar {
  return tf.tidy(() => {
    const [samples, channels] = [probabilities.shape[0], probabilities.shape.at(-1) ?? 1];
    const p = probabilities.reshape([samples, -1, channels]); // [n, voxels, c]
    const t = target.reshape([samples, -1, channels]);
    const apart = tf.squaredDifference(p, t).sum(1); // [n, c]
    const size = tf.square(p).add(tf.square(t)).sum(1).add(smoothing);
    const loss = apart.div(size);
    const counted = firstClass === 0
      ? loss
      : loss.slice([0, firstClass], [samples, channels - firstClass]);
    return counted.mean() as tf.Scalar;
  });
}
