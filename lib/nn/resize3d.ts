import type * as tf from "../tf.ts";
import { recordLayer } from "./layer_records.ts";
import { resizeBilinear2d } from "./resize2d.ts";

/**
 * Volumes resized trilinearly, with half-pixel-centred coordinates and edge values held beyond the
 * border (`align_corners = false`). For enlarging: it does not average when it reduces.
 *
 * @param x `[n, z, y, x, c]`
 * @returns `[n, size[0], size[1], size[2], c]`
 */
export function resizeTrilinear3d(
  x: tf.Tensor5D,
  size: readonly [number, number, number],
): tf.Tensor5D {
  const [n, depth, height, width, channels] = x.shape;
  const [newDepth, newHeight, newWidth] = size;
  const planes = resizeBilinear2d(
    x.reshape<tf.Tensor4D>([n * depth, height, width, channels]),
    [newHeight, newWidth],
  );
  const columns = planes.reshape<tf.Tensor4D>([n, depth, 1, newHeight * newWidth * channels]);
  const resized = resizeBilinear2d(columns, [newDepth, 1]);
  recordLayer("resizing", resized.size);
  return resized.reshape([n, newDepth, newHeight, newWidth, channels]);
}
