/** What one axis of a result takes from one axis of a source: a few neighbouring values each. */
export interface AxisKernel {
  /** Values of the result. */
  readonly length: number;
  /** Values of the source that one value of the result is a sum of. */
  readonly taps: number;
  /** The first of them, for each value of the result. */
  readonly first: Int32Array;
  /** Their weights, `taps` for each value of the result; each such group has the sum 1. */
  readonly weights: Float64Array;
}

/** How values between voxel centres are found. */
export type Kernel = "linear" | "area";

/**
 * A kernel that samples a source of `size` values at the centres of `length` equal cells of
 * [from, to), in coordinates in which value i covers [i, i + 1). Beyond the first and last centre
 * the border's value is held.
 *
 * `linear` interpolates between the two neighbouring centres. `area` widens that triangle to the
 * width of a cell where a cell is wider than a voxel, so that no value is passed over (the usual
 * antialiased resizing); where it is not, it is `linear`.
 */
export function samplingKernel(
  size: number,
  from: number,
  to: number,
  length: number,
  kernel: Kernel,
): AxisKernel {
  const step = (to - from) / length;
  const radius = kernel === "area" ? Math.max(1, step) : 1;
  return triangleKernel(size, radius, length, (i) => from + (i + 0.5) * step);
}

/** A kernel of triangles of the given radius around the centres, each normalized to the sum 1. */
export function triangleKernel(
  size: number,
  radius: number,
  length: number,
  centreOf: (index: number) => number,
): AxisKernel {
  const taps = Math.min(size, Math.ceil(2 * radius));
  const first = new Int32Array(length);
  const weights = new Float64Array(length * taps);
  const clamp = (index: number, last: number) => Math.min(Math.max(index, 0), last);
  for (let i = 0; i < length; i++) {
    const centre = centreOf(i) - 0.5;
    const low = Math.floor(centre - radius) + 1;
    const high = Math.ceil(centre + radius) - 1;
    first[i] = clamp(low, size - taps);
    let sum = 0;
    for (let j = low; j <= high; j++) {
      const weight = 1 - Math.abs(j - centre) / radius;
      weights[i * taps + clamp(j, size - 1) - first[i]] += weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap++) weights[i * taps + tap] /= sum;
  }
  return { length, taps, first, weights };
}

/**
 * A kernel of the means of `length` equal ranges that make up [from, to); a value that a boundary
 * cuts counts on both sides with its share.
 */
export function meanKernel(size: number, from: number, to: number, length: number): AxisKernel {
  const step = (to - from) / length;
  const lows = Array.from({ length }, (_, i) => from + i * step);
  const needed = lows.map((low) => Math.ceil(low + step) - Math.floor(low));
  const taps = Math.min(size, Math.max(...needed));
  const first = Int32Array.from(lows, (low) => Math.min(Math.floor(low), size - taps));
  const weights = new Float64Array(length * taps);
  for (let i = 0; i < length; i++) {
    for (let tap = 0; tap < taps; tap++) {
      const at = first[i] + tap;
      const share = Math.min(lows[i] + step, at + 1) - Math.max(lows[i], at);
      weights[i * taps + tap] = Math.max(0, share) / step;
    }
  }
  return { length, taps, first, weights };
}

/** The part [from, to) of the source that a kernel touches. */
export function touchedRange(kernel: AxisKernel): { from: number; to: number } {
  let [from, to] = [Infinity, 0];
  for (const first of kernel.first) {
    from = Math.min(from, first);
    to = Math.max(to, first + kernel.taps);
  }
  return { from, to };
}

/** The kernel for the source of `size` values in reversed order; the result keeps its order. */
export function mirrorKernel(
  { length, taps, first, weights }: AxisKernel,
  size: number,
): AxisKernel {
  const mirrored = new Float64Array(weights.length);
  for (let i = 0; i < weights.length; i += taps) {
    mirrored.set(weights.slice(i, i + taps).reverse(), i);
  }
  return { length, taps, first: first.map((index) => size - taps - index), weights: mirrored };
}

/**
 * The voxels, of `size`, in which the centres of `length` equal cells of [from, to) lie; the border
 * voxels for those beyond them. A centre between two voxels is in the upper one, so that of 256 voxels
 * in 128 cells each shows the one half a voxel above its centre.
 */
export function nearestVoxels(size: number, from: number, to: number, length: number): Int32Array {
  const step = (to - from) / length;
  return Int32Array.from({ length }, (_, i) => {
    const voxel = Math.floor(from + (i + 0.5) * step);
    return Math.min(Math.max(voxel, 0), size - 1);
  });
}
