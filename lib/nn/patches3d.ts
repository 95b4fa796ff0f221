import type * as tf from "../tf.ts";

/**
 * Cuts a volume `[n, z, y, x, c]` into cubes of `edge` voxels and makes a row of each:
 * `[n * z/edge * y/edge * x/edge, edge^3 * c]`. The edges of the grid must be multiples of `edge`.
 */
export function patchesToRows(volume: tf.Tensor5D, edge: number): tf.Tensor2D {
  const [n, depth, height, width, channels] = volume.shape;
  // Columns x and channels lie together in memory, which keeps the rank at 6.
  const rowsOfCubes = volume.reshape([
    n * depth / edge,
    edge,
    height / edge,
    edge,
    width / edge,
    edge * channels,
  ]); // [nZ, z, Y, y, X, xc]
  return rowsOfCubes.transpose([0, 2, 4, 1, 3, 5]).reshape([-1, edge ** 3 * channels]);
}

/**
 * The inverse of {@linkcode patchesToRows}: rows `[n * z * y * x, edge^3 * c]` become the volume
 * `[n, z * edge, y * edge, x * edge, c]`. `grid` is `[n, z, y, x]`.
 */
export function rowsToPatches(
  rows: tf.Tensor,
  grid: readonly [number, number, number, number],
  edge: number,
): tf.Tensor5D {
  const [n, depth, height, width] = grid;
  const channels = rows.size / (n * depth * height * width * edge ** 3);
  const cubes = rows.reshape([n * depth, height, width, edge, edge, edge * channels]);
  return cubes.transpose([0, 3, 1, 4, 2, 5])
    .reshape([n, depth * edge, height * edge, width * edge, channels]);
}
