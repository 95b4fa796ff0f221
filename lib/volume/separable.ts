import { type AxisKernel, touchedRange } from "./sampling_kernel.ts";
import type { Triple } from "./volume.ts";

/** A block of values inside a larger array: x is contiguous. */
interface Block {
  readonly data: Float32Array;
  readonly shape: Triple;
  /** Distance of neighbours along y and z. */
  readonly strides: readonly [number, number];
  /** Index of the first value. */
  readonly start: number;
}

/** A kernel for each axis x, y, z. */
export type Kernels = readonly [AxisKernel, AxisKernel, AxisKernel];

const orders: readonly Triple[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/**
 * Applies one kernel along each axis of a source of the given shape, one axis after another in the
 * order that takes the fewest multiplications. Only the part of the source that the kernels touch
 * is read.
 *
 * @returns values of shape [x, y, z] = lengths of the kernels, x fastest
 */
export function applyKernels(data: Float32Array, shape: Triple, kernels: Kernels): Float32Array {
  const ranges = kernels.map(touchedRange);
  const start = ranges[0].from + shape[0] * (ranges[1].from + shape[1] * ranges[2].from);
  const size = (axis: number) => Math.max(0, ranges[axis].to - ranges[axis].from);
  let block: Block = {
    data,
    shape: [size(0), size(1), size(2)],
    strides: [shape[0], shape[0] * shape[1]],
    start,
  };
  const order = cheapestOrder(block.shape, kernels);
  for (const axis of order) {
    block = [alongX, alongY, alongZ][axis](block, kernels[axis], ranges[axis].from);
  }
  return block.data;
}

function cheapestOrder(shape: Triple, kernels: Kernels): Triple {
  let best = orders[0];
  let least = Infinity;
  for (const order of orders) {
    const current = [...shape];
    let cost = 0;
    for (const axis of order) {
      current[axis] = kernels[axis].length;
      cost += current[0] * current[1] * current[2] * kernels[axis].taps;
    }
    if (cost < least) [best, least] = [order, cost];
  }
  return best;
}

function alongX(source: Block, kernel: AxisKernel, from: number): Block {
  const { data, shape: [, height, depth], strides, start } = source;
  const { length, taps, first, weights } = kernel;
  const result = new Float32Array(length * height * depth);
  let to = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const row = start + z * strides[1] + y * strides[0] - from;
      for (let i = 0; i < length; i++) {
        let sum = 0;
        const at = row + first[i];
        for (let tap = 0; tap < taps; tap++) sum += weights[i * taps + tap] * data[at + tap];
        result[to++] = sum;
      }
    }
  }
  return compact(result, [length, height, depth]);
}

function alongY(source: Block, kernel: AxisKernel, from: number): Block {
  const { data, shape: [width, , depth], strides, start } = source;
  const { length, taps, first, weights } = kernel;
  const result = new Float32Array(width * length * depth);
  for (let z = 0; z < depth; z++) {
    for (let i = 0; i < length; i++) {
      const to = width * (i + length * z);
      for (let tap = 0; tap < taps; tap++) {
        const row = start + z * strides[1] + (first[i] - from + tap) * strides[0];
        addRow(result, to, data, row, width, weights[i * taps + tap]);
      }
    }
  }
  return compact(result, [width, length, depth]);
}

function alongZ(source: Block, kernel: AxisKernel, from: number): Block {
  const { data, shape: [width, height], strides, start } = source;
  const { length, taps, first, weights } = kernel;
  const result = new Float32Array(width * height * length);
  for (let i = 0; i < length; i++) {
    for (let y = 0; y < height; y++) {
      const to = width * (y + height * i);
      for (let tap = 0; tap < taps; tap++) {
        const row = start + (first[i] - from + tap) * strides[1] + y * strides[0];
        addRow(result, to, data, row, width, weights[i * taps + tap]);
      }
    }
  }
  return compact(result, [width, height, length]);
}

function addRow(
  result: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  width: number,
  weight: number,
): void {
  if (weight === 0) return;
  for (let x = 0; x < width; x++) result[to + x] += weight * data[from + x];
}

function compact(data: Float32Array, shape: Triple): Block {
  return { data, shape, strides: [shape[0], shape[0] * shape[1]], start: 0 };
}
