import type { Orientation } from "./orientation.ts";
import { type Grid, type LabelVolume, type Mask, type Triple, voxelCount } from "./volume.ts";

/** Labels on a part of a grid, x fastest; outside it all is background. */
export interface LabelBlock {
  /** The whole grid. */
  readonly grid: Grid;
  /** The grid's voxel that is the block's first. */
  readonly origin: Triple;
  /** Voxels of the block. */
  readonly shape: Triple;
  readonly data: Uint16Array;
}

/** The block on its grid. */
export function placeBlock(block: LabelBlock): LabelVolume {
  const data = new Uint16Array(voxelCount(block.grid.shape));
  place(block, data, stridesOf(block.grid.shape), 0);
  return { ...block.grid, data };
}

/** The block's labels, all alike, as a mask on its grid. */
export function placeMask(block: LabelBlock): Mask {
  const bits = new Uint16Array(block.data.length);
  for (let i = 0; i < bits.length; i++) bits[i] = block.data[i] > 0 ? 1 : 0;
  const data = new Uint8Array(voxelCount(block.grid.shape));
  place({ ...block, data: bits }, data, stridesOf(block.grid.shape), 0);
  return { ...block.grid, data };
}

/**
 * A block of a file's RAS grid on the grid of the file itself: as `fromRas(placeBlock(block))`,
 * without the volume in between.
 */
export function placeBlockInFile(block: LabelBlock, orientation: Orientation): LabelVolume {
  const { axes, flips, grid } = orientation;
  const fileStrides = stridesOf(grid.shape);
  const strides: [number, number, number] = [0, 0, 0];
  let start = 0;
  axes.forEach((axis, i) => {
    strides[axis] = flips[i] ? -fileStrides[i] : fileStrides[i];
    if (flips[i]) start += fileStrides[i] * (grid.shape[i] - 1);
  });
  const data = new Uint16Array(voxelCount(grid.shape));
  place(block, data, strides, start);
  return { ...grid, data };
}

function stridesOf(shape: Triple): Triple {
  return [1, shape[0], shape[0] * shape[1]];
}

/** @param strides steps in the target as x, y, z of the block's grid grow, from `start` on */
function place(
  { origin, shape: [width, height, depth], data }: LabelBlock,
  target: Uint16Array | Uint8Array,
  strides: Triple,
  start: number,
): void {
  let from = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      let to = start + origin[0] * strides[0] + (origin[1] + y) * strides[1] +
        (origin[2] + z) * strides[2];
      if (strides[0] === 1) {
        target.set(data.subarray(from, from + width), to);
        from += width;
      } else {
        for (let x = 0; x < width; x++, to += strides[0]) target[to] = data[from++];
      }
    }
  }
}
