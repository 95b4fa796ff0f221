import * as tf from "../tf.ts";

/** Every `step`-th voxel of each axis of `[n, z, y, x, c]`, starting with the first. */
export function subsample3d(x: tf.Tensor5D, step: number): tf.Tensor5D {
  if (step === 1) return x;
  const begin = [0, 0, 0, 0, 0];
  const strides = [1, step, step, step, 1];
  const op = tf.customGrad((...args) => {
    const x = args[0] as tf.Tensor;
    return {
      value: tf.stridedSlice(x, begin, x.shape, strides),
      gradFunc: (dy) => stridedSliceGradient(dy, x.shape, begin, strides),
    };
  });
  return op(x) as tf.Tensor5D;
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
