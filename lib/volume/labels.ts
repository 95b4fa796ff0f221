import type { Box3 } from "./box.ts";
import { type LabelVolume, voxelCount } from "./volume.ts";

/** Where the voxels of one label value are. */
export interface LabelExtent {
  readonly voxels: number;
  /** The smallest box that holds them. */
  readonly boxVoxels: Box3;
}

/** The extent of every label value that occurs, background (0) apart, by ascending value. */
export function labelExtents(labels: LabelVolume): Map<number, LabelExtent> {
  const [width, height, depth] = labels.shape;
  const counts = new Float64Array(65536);
  const low = new Int32Array(3 * 65536).fill(2 ** 31 - 1);
  const high = new Int32Array(3 * 65536).fill(-1);
  let i = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = labels.data[i++];
        if (value === 0) continue;
        counts[value]++;
        const at = 3 * value;
        if (x < low[at]) low[at] = x;
        if (x > high[at]) high[at] = x;
        if (y < low[at + 1]) low[at + 1] = y;
        if (y > high[at + 1]) high[at + 1] = y;
        if (z < low[at + 2]) low[at + 2] = z;
        high[at + 2] = z;
      }
    }
  }
  const extents = new Map<number, LabelExtent>();
  for (let value = 1; value < 65536; value++) {
    if (counts[value] === 0) continue;
    const at = 3 * value;
    extents.set(value, {
      voxels: counts[value],
      boxVoxels: {
        min: [low[at], low[at + 1], low[at + 2]],
        max: [high[at] + 1, high[at + 1] + 1, high[at + 2] + 1],
      },
    });
  }
  return extents;
}

/** Labels of 0 everywhere on the grid of another. */
export function emptyLabels(grid: Pick<LabelVolume, "shape" | "affine">): LabelVolume {
  return {
    shape: grid.shape,
    affine: grid.affine,
    data: new Uint16Array(voxelCount(grid.shape)),
  };
}
