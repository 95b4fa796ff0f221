import * as tf from "../tf.ts";

/**
 * Pictures resized bilinearly, with half-pixel-centred coordinates and edge values held beyond the
 * border (as `align_corners = false` elsewhere). For enlarging: it does not average when it reduces.
 *
 * Two products with small matrices, because TensorFlow.js takes the gradient of its own
 * `resizeBilinear` without the half pixel.
 *
 * @param x `[n, rows, columns, c]`
 * @returns `[n, size[0], size[1], c]`
 */
export function resizeBilinear2d(x: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, rows, columns, channels] = x.shape;
    const [newRows, newColumns] = size;
    const alongRows = tf.matMul(
      tf.tile(sampling(rows, newRows), [n, 1, 1]),
      x.reshape<tf.Tensor3D>([n, rows, columns * channels]),
    );
    return tf.matMul(
      tf.tile(sampling(columns, newColumns), [n * newRows, 1, 1]),
      alongRows.reshape<tf.Tensor3D>([n * newRows, columns, channels]),
    ).reshape([n, newRows, newColumns, channels]);
  });
}

/** `[1, to, from]`: the weights with which old positions make up each new one. */
function sampling(from: number, to: number): tf.Tensor3D {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const position = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const below = Math.floor(position);
    const above = Math.min(from - 1, below + 1);
    weights[i * from + below] += 1 - (position - below);
    weights[i * from + above] += position - below;
  }
  return tf.tensor3d(weights, [1, to, from]);
}
