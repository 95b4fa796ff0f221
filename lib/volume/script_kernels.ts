import type { VolumeKernels } from "./kernels.ts";
import type { AxisKernel } from "./sampling_kernel.ts";

/** The inner loops in TypeScript. `native/resample.h` computes in the same order and precision. */
export const scriptKernels: VolumeKernels = {
  resamplePlane({ values, start, width, columns, alongX, alongY, rows, result }) {
    const touched = columns.to - columns.from;
    const { length, taps, first, weights } = alongY;
    for (let i = 0; i < length; i++) {
      const source = start + columns.from + width * first[i];
      const rowWeights = weights.subarray(i * taps, (i + 1) * taps);
      sumRows(rows, i * touched, values, source, width, touched, rowWeights);
    }
    alongRows(rows, touched, alongX, columns.from, result);
  },
  addScaled(result, start, values, weight) {
    addRow(result, start, values, 0, values.length, weight);
  },
  window(values, low, scale, result) {
    for (let i = 0; i < values.length; i++) {
      const value = (values[i] - low) * scale;
      result[i] = value >= 1 ? 1 : value > 0 ? value : 0;
    }
  },
};

/** Replaces a row by the weighted sum of others, the first at `from` and each `step` further on. */
function sumRows(
  result: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  step: number,
  width: number,
  weights: Float64Array,
): void {
  result.fill(0, to, to + width);
  let tap = 0;
  // Four at a time: the sum is loaded and stored once for all of them.
  for (; tap + 4 <= weights.length; tap += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((next) => from + (tap + next) * step);
    const [p, q, r, s] = weights.subarray(tap, tap + 4);
    for (let x = 0; x < width; x++) {
      result[to + x] += p * data[a + x] + q * data[b + x] + r * data[c + x] + s * data[d + x];
    }
  }
  for (; tap < weights.length; tap++) {
    if (weights[tap] !== 0) addRow(result, to, data, from + tap * step, width, weights[tap]);
  }
}

function addRow(
  result: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  width: number,
  weight: number,
): void {
  for (let x = 0; x < width; x++) result[to + x] += weight * data[from + x];
}

/** Applies the kernel to rows of `width` values, the first of which is number `from` of its source. */
function alongRows(
  data: Float32Array,
  width: number,
  { length, taps, first, weights }: AxisKernel,
  from: number,
  result: Float32Array,
): void {
  const last = data.length / width - 1;
  // Four rows at a time: a weight is loaded once for all of them. Beyond the last, it is repeated.
  for (let y = 0; y <= last; y += 4) {
    const rows = [0, 1, 2, 3].map((next) => Math.min(y + next, last));
    const [rowA, rowB, rowC, rowD] = rows.map((row) => row * width - from);
    const [toA, toB, toC, toD] = rows.map((row) => row * length);
    for (let i = 0; i < length; i++) {
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights[i * taps + tap];
        const at = first[i] + tap;
        a += weight * data[rowA + at];
        b += weight * data[rowB + at];
        c += weight * data[rowC + at];
        d += weight * data[rowD + at];
      }
      result[toA + i] = a;
      result[toB + i] = b;
      result[toC + i] = c;
      result[toD + i] = d;
    }
  }
}
