import * as tf from "../tf.ts";

/** The tensors' values end to end, in C order. */
export function concatFlat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  if (tf.hasNativeOps()) {
    const attrs = { count: tf.attr.int(tensors.length) };
    return tf.rawOp("RoisegFlatten", attrs, tensors) as tf.Tensor1D;
  }
  return tf.tidy(() => tf.concat(tensors.map((tensor) => tensor.flatten())));
}

/** The reverse: the vector's pieces, one for each of the tensors it was made of, still flat. */
export function splitFlat(vector: tf.Tensor1D, like: readonly tf.Tensor[]): tf.Tensor1D[] {
  return tf.split(vector, like.map(({ size }) => size));
}

/**
 * `flat` moved towards the tensors' values by `share` of the way: `flat + share (values - flat)`.
 */
export function blendFlat(
  flat: tf.Tensor1D,
  tensors: readonly tf.Tensor[],
  share: number,
): tf.Tensor1D {
  return tf.tidy(() => {
    if (tf.hasNativeOps()) {
      const attrs = { count: tf.attr.int(tensors.length) };
      const inputs = [flat, tf.scalar(share), ...tensors];
      return tf.rawOp("RoisegBlend", attrs, inputs) as tf.Tensor1D;
    }
    return flat.add(concatFlat(tensors).sub(flat).mul(share)) as tf.Tensor1D;
  });
}
