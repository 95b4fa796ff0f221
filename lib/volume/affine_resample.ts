import { volumeKernels } from "./kernels.ts";
import type { Triple } from "./volume.ts";

/** Source voxel index of a result's voxel index: `matrix` (rows of three, x y z) times it plus `offset`. */
export interface IndexMap {
  readonly matrix: readonly number[];
  readonly offset: Triple;
}

/**
 * Values on a grid, moved by an affine map of voxel indices, trilinearly; the result is on the same
 * grid. Beyond the border the border's values go on. A picture is a grid of depth 1.
 *
 * @param source `[z, y, x, channels]` in C order
 * @param shape voxels along x, y, z
 */
export function resampleAffine(
  source: Float32Array,
  shape: Triple,
  channels: number,
  { matrix, offset }: IndexMap,
): Float32Array {
  const result = new Float32Array(source.length);
  volumeKernels().resampleAffine({
    source,
    shape,
    channels,
    matrix: Float64Array.from(matrix),
    offset: Float64Array.from(offset),
    result,
  });
  return result;
}

/** As {@linkcode resampleAffine}, of labels, each the nearest one's. */
export function moveLabels(
  source: Uint16Array,
  [width, height, depth]: Triple,
  { matrix: [xx, xy, xz, yx, yy, yz, zx, zy, zz], offset }: IndexMap,
): Uint16Array {
  const result = new Uint16Array(source.length);
  const inside = (index: number, edge: number) =>
    Math.min(edge - 1, Math.max(0, Math.round(index)));
  let i = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const atX = offset[0] + xy * y + xz * z;
      const atY = offset[1] + yy * y + yz * z;
      const atZ = offset[2] + zy * y + zz * z;
      for (let x = 0; x < width; x++) {
        const column = inside(atX + xx * x, width);
        const row = inside(atY + yx * x, height);
        const plane = inside(atZ + zx * x, depth);
        result[i++] = source[(plane * height + row) * width + column];
      }
    }
  }
  return result;
}
