import * as tf from "../tf.ts";

/**
 * Every `step`-th place of each axis between the first and the last, starting with the first: voxels of
 * `[n, z, y, x, c]`, pixels of `[n, rows, columns, c]`.
 */
export function subsample<T extends tf.Tensor>(x: T, step: number): T {
  if (step === 1) return x;
  const begin = x.shape.map(() => 0);
  const strides = x.shape.map((_, axis) => axis === 0 || axis === x.rank - 1 ? 1 : step);
  const op = tf.customGrad((...args) => {
    const x = args[0] as tf.Tensor;
    return {
      value: tf.stridedSlice(x, begin, x.shape, strides),
      gradFunc: (dy) => stridedSliceGradient(dy, x.shape, begin, strides),
    };
  });
  return op(x) as T;
}

/** TensorFlow.js has no gradient for `stridedSlice`, TensorFlow has. */
function stridedSliceGradient(
  dy: tf.Tensor,
  shape: number[],
  begin: number[],
  strides: number[],
): tf.Tensor {
  const vector = (values: number[]) => tf.tensor1d(values, "int32");
  return tf.rawOp(
    "StridedSliceGrad",
    { T: tf.attr.type("float32"), Index: tf.attr.type("int32") },
    [vector(shape), vector(begin), vector(shape), vector(strides), dy],
  );
}
