import * as tf from "../tf.ts";
import { recordLayer } from "../nn/layer_records.ts";

/**
 * The softmax over keys of `logits + bias + mask`. Its gradient keeps the result only, which is the
 * largest tensor of a window attention.
 *
 * @param logits `[windows, heads, queries, keys]`
 * @param bias `[heads, queries, keys]`, learned
 * @param mask `[windows / n, queries, keys]` for n samples, not learned; null: nothing is hidden
 */
export function biasedSoftmax(
  logits: tf.Tensor4D,
  bias: tf.Tensor3D,
  mask: tf.Tensor3D | null,
): tf.Tensor4D {
  recordLayer("softmax", logits.size);
  const op = tf.customGrad((...args) => {
    const [logits, bias, save] = args as [tf.Tensor4D, tf.Tensor3D, tf.GradSaveFunc];
    const value = tf.softmax(tf.tidy(() => addMask(logits.add(bias), mask)));
    save([value]);
    return {
      value,
      gradFunc: (dy, [value]) => {
        const weighted = dy.mul(value);
        const slope = weighted.sub(value.mul(weighted.sum(-1, true)));
        return [slope, slope.sum(0)];
      },
    };
  });
  return op(logits, bias) as tf.Tensor4D;
}

function addMask(logits: tf.Tensor4D, mask: tf.Tensor3D | null): tf.Tensor4D {
  if (!mask) return logits;
  const [, heads, queries, keys] = logits.shape;
  const perSample = logits.reshape([-1, mask.shape[0], heads, queries, keys]);
  return perSample.add(mask.expandDims(1)).reshape(logits.shape);
}
