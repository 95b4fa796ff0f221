import * as tf from "../tf.ts";

/**
 * A 3D convolution whose kernel equals its stride, with its bias, by our own op
 * (lib/nn/native/patches3d.h), which wants `tf.hasNativeOps()`. "down" makes a voxel of every cube
 * and takes a weight `[k, k, k, inputs, outputs]`; "up" is the transposed one, of
 * `[inputs, k, k, k, outputs]`.
 */
export function nativeCubeConv(
  direction: "down" | "up",
  x: tf.Tensor5D,
  weight: tf.Tensor,
  bias: tf.Tensor | null,
): tf.Tensor5D {
  const name = direction === "down" ? "RoisegCubeConv3d" : "RoisegCubeConv3dTranspose";
  const op = tf.customGrad((...args) => {
    const [x, weight, bias, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([x, weight]);
    return {
      value: tf.rawOp(name, {}, [x, weight, bias]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.rawOps(`${name}Back`, {}, [...saved, dy], 3),
    };
  });
  return tf.tidy(() =>
    op(x, weight, bias ?? tf.zeros([weight.shape.at(-1) as number])) as tf.Tensor5D
  );
}
