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
