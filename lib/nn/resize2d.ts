import * as tf from "../tf.ts";

/**
 * Pictures resized bilinearly, with half-pixel-centred coordinates and edge values held beyond the
 * border (as `align_corners = false` elsewhere). For enlarging: it does not average when it reduces.
 *
 * TensorFlow's ops, because TensorFlow.js takes the gradient of its own `resizeBilinear` without the
 * half pixel.
 *
 * @param x `[n, rows, columns, c]`
 * @returns `[n, size[0], size[1], c]`
 */
export function resizeBilinear2d(x: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D {
  const op = tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([x]);
    return {
      value: tf.rawOp("ResizeBilinear", attributes(), [x, tf.tensor1d([...size], "int32")]),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) =>
        tf.rawOp("ResizeBilinearGrad", attributes(), [dy, x]),
    };
  });
  return tf.tidy(() => op(x) as tf.Tensor4D);
}

function attributes(): tf.RawAttrs {
  return {
    T: tf.attr.type("float32"),
    align_corners: tf.attr.bool(false),
    half_pixel_centers: tf.attr.bool(true),
  };
}
