import * as tf from "../tf.ts";

/** The tensors' values end to end, in C order. */
export function concatFlat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => tf.concat(tensors.map((tensor) => tensor.flatten())));
}

/** The reverse: the vector's pieces, one for each of the tensors it was made of, still flat. */
export function splitFlat(vector: tf.Tensor1D, like: readonly tf.Tensor[]): tf.Tensor1D[] {
  return tf.split(vector, like.map(({ size }) => size));
}
