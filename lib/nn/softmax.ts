import * as tf from "../tf.ts";

/**
 * The softmax over the last axis, with a gradient that is 0 where it saturates.
 *
 * TensorFlow's softmax can miss 1 by a rounding error. `tf.softmax` takes y (1 - y) from it in its
 * gradient, and attention without a scale multiplies that error by products in the thousands.
 */
export function softmax<T extends tf.Tensor>(logits: T): T {
  return softmaxWithGradient(logits) as T;
}

const softmaxWithGradient = tf.customGrad((...args) => {
  const [logits, save] = args as [tf.Tensor, tf.GradSaveFunc];
  const value = tf.softmax(logits);
  save([value]);
  return {
    value,
    gradFunc: (dy, [value]) => {
      const shares = value.div(value.sum(-1, true));
      const weighted = dy.mul(shares);
      return weighted.sub(shares.mul(weighted.sum(-1, true)));
    },
  };
});
