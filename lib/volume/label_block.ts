import { eachAxis } from "./box.ts";
import type { Orientation } from "./orientation.ts";
import { nearestVoxels } from "./sampling_kernel.ts";
import {
  type Grid,
  type LabelVolume,
  type Mask,
  stridesOf,
  type Triple,
  voxelCount,
} from "./volume.ts";

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

/** Labels with how sure each is: the more, the larger; what background has does not count. */
export interface ScoredBlock extends LabelBlock {
  readonly margins: Float32Array;
}

/** The block on its grid. */
export function placeBlock(block: LabelBlock): LabelVolume {
  const data = new Uint16Array(voxelCount(block.grid.shape));
  place(block, block.data, data, stridesOf(block.grid.shape), 0);
  return { ...block.grid, data };
}

/** The block's labels, all alike, as a mask on its grid. */
export function placeMask(block: LabelBlock): Mask {
  const bits = new Uint8Array(block.data.length);
  for (let i = 0; i < bits.length; i++) bits[i] = block.data[i] > 0 ? 1 : 0;
  const data = new Uint8Array(voxelCount(block.grid.shape));
  place(block, bits, data, stridesOf(block.grid.shape), 0);
  return { ...block.grid, data };
}

/**
 * Writes a block of a file's RAS grid into an array on the grid of the file itself, which holds
 * zeros: as `fromRas(placeBlock(block))`, without the volume in between.
 *
 * @param target as many values as the file has voxels
 */
export function placeBlockInFile(
  block: LabelBlock,
  { axes, flips, grid }: Orientation,
  target: Uint16Array | Uint8Array,
): void {
  const fileStrides = stridesOf(grid.shape);
  const strides: [number, number, number] = [0, 0, 0];
  let start = 0;
  axes.forEach((axis, i) => {
    strides[axis] = flips[i] ? -fileStrides[i] : fileStrides[i];
    if (flips[i]) start += fileStrides[i] * (grid.shape[i] - 1);
  });
  place(block, block.data, target, strides, start);
}

/**
 * The block on another grid of the same extent: each of its voxels gets the label of the voxel that
 * its centre lies in.
 */
export function resizeBlock(block: LabelBlock, grid: Grid): LabelBlock {
  if (grid.shape.every((size, axis) => size === block.grid.shape[axis])) return { ...block, grid };
  const axes = ([0, 1, 2] as const).map((axis) => {
    const [from, to] = [block.grid.shape[axis], grid.shape[axis]];
    const voxels = nearestVoxels(from, 0, from, to);
    const begin = block.origin[axis];
    const end = begin + block.shape[axis];
    const first = voxels.findIndex((voxel) => voxel >= begin);
    const inside = voxels.filter((voxel) => voxel >= begin && voxel < end);
    return { first: Math.max(0, first), places: inside.map((voxel) => voxel - begin) };
  });
  const [xs, ys, zs] = axes.map(({ places }) => places);
  const data = new Uint16Array(xs.length * ys.length * zs.length);
  let at = 0;
  for (const z of zs) {
    for (const y of ys) {
      const row = block.shape[0] * (y + block.shape[1] * z);
      for (let x = 0; x < xs.length; x++) data[at++] = block.data[row + xs[x]];
    }
  }
  const [x, y, z] = axes.map(({ first }) => first);
  return { grid, origin: [x, y, z], shape: [xs.length, ys.length, zs.length], data };
}

/**
 * Blocks of one grid as a single one that covers them all. A voxel that several have labelled gets
 * the label of the surest, at a tie that of the first.
 *
 * @returns `contested`: how many voxels those are
 */
export function mergeBlocks(
  [first, ...others]: readonly [ScoredBlock, ...ScoredBlock[]],
): { readonly block: LabelBlock; readonly contested: number } {
  if (others.length === 0) return { block: first, contested: 0 };
  const all = [first, ...others];
  const origin = eachAxis((axis) => Math.min(...all.map((one) => one.origin[axis])));
  const shape = eachAxis((axis) =>
    Math.max(...all.map((one) => one.origin[axis] + one.shape[axis])) - origin[axis]
  );
  const data = new Uint16Array(voxelCount(shape));
  const surest = new Float32Array(data.length);
  const isContested = new Uint8Array(data.length);
  for (const { origin: corner, shape: [width, height, depth], data: labels, margins } of all) {
    let from = 0;
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        const [down, back] = [corner[2] - origin[2] + z, corner[1] - origin[1] + y];
        let to = corner[0] - origin[0] + shape[0] * (back + shape[1] * down);
        for (let x = 0; x < width; x++, from++, to++) {
          if (labels[from] === 0) continue;
          if (data[to] !== 0) isContested[to] = 1;
          if (data[to] !== 0 && !(margins[from] > surest[to])) continue;
          data[to] = labels[from];
          surest[to] = margins[from];
        }
      }
    }
  }
  const contested = isContested.reduce((sum, bit) => sum + bit, 0);
  return { block: { grid: first.grid, origin, shape, data }, contested };
}

/** @param strides steps in the target as x, y, z of the block's grid grow, from `start` on */
function place(
  { origin, shape: [width, height, depth] }: LabelBlock,
  data: Uint16Array | Uint8Array,
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
