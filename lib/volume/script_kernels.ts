import type { VolumeKernels } from "./kernels.ts";
import type { AxisKernel } from "./sampling_kernel.ts";
import { setFinder } from "./set_finder.ts";

/** The inner loops in TypeScript. `native/` computes in the same order and precision. */
export const scriptKernels: VolumeKernels = {
  scale({ values, slope, intercept, result, start }) {
    if (slope === 1 && intercept === 0) {
      result.set(values, start);
      return;
    }
    const exact = new Float64Array(values); // of one type: a loop over any type is slow
    for (let i = 0; i < exact.length; i++) result[start + i] = exact[i] * slope + intercept;
  },
  widenLabels(values, result, start) {
    result.set(values, start);
  },
  rowsSet(values, width, isSet) {
    isSet.fill(0);
    const nextSet = setFinder(values);
    for (let at = nextSet(0); at < values.length;) {
      const row = Math.floor(at / width);
      isSet[row] = 1;
      at = nextSet((row + 1) * width);
    }
  },
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
  maskPlane({ labels, width, columns, rows, values, result }) {
    let isFound = false;
    for (let y = rows.from; y < rows.to; y++) {
      const [from, to] = [y * width + columns.from, y * width + columns.to];
      result.fill(0, from, to);
      for (const value of values) {
        for (let i = from; i < to; i++) {
          if (labels[i] !== value) continue;
          result[i] = 1;
          isFound = true;
        }
      }
    }
    return isFound;
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
  applyCurve(values, curve) {
    const steps = curve.length - 2;
    for (let i = 0; i < values.length; i++) {
      const place = values[i] * steps;
      const step = place | 0;
      values[i] = curve[step] + (place - step) * (curve[step + 1] - curve[step]);
    }
  },
  changeContrast({ values, contrast, offset, noise, places }) {
    for (let i = 0; i < values.length; i++) {
      const place = (places[i >> 1] >>> (i & 1) * 13) & 8191;
      const value = values[i] * contrast + offset + noise[place];
      values[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
  },
  resampleAffine({ source, shape, channels, matrix: m, offset, result }) {
    const [width, height, depth] = shape;
    const [stepX, stepY, stepZ] = [channels, channels * width, channels * width * height];
    const [lastX, lastY, lastZ] = [width - 1, height - 1, depth - 1];
    let to = 0;
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        const startX = m[1] * y + m[2] * z + offset[0];
        const startY = m[4] * y + m[5] * z + offset[1];
        const startZ = m[7] * y + m[8] * z + offset[2];
        for (let x = 0; x < width; x++) {
          const sx = Math.min(lastX, Math.max(0, m[0] * x + startX));
          const sy = Math.min(lastY, Math.max(0, m[3] * x + startY));
          const sz = Math.min(lastZ, Math.max(0, m[6] * x + startZ));
          const [x0, y0, z0] = [sx | 0, sy | 0, sz | 0];
          const [fx, fy, fz] = [sx - x0, sy - y0, sz - z0];
          const from = x0 * stepX + y0 * stepY + z0 * stepZ;
          const right = x0 < lastX ? stepX : 0;
          const down = y0 < lastY ? stepY : 0;
          const deep = z0 < lastZ ? stepZ : 0;
          for (let c = 0; c < channels; c++, to++) {
            const i = from + c;
            const j = i + deep;
            const near0 = source[i] + fx * (source[i + right] - source[i]);
            const near1 = source[i + down] + fx * (source[i + down + right] - source[i + down]);
            const far0 = source[j] + fx * (source[j + right] - source[j]);
            const far1 = source[j + down] + fx * (source[j + down + right] - source[j + down]);
            const near = near0 + fy * (near1 - near0);
            result[to] = near + fz * (far0 + fy * (far1 - far0) - near);
          }
        }
      }
    }
  },
  projectSlices({ values, shape: [outer, slices, inner], along, result }) {
    const { length, taps, first, weights } = along;
    const sums = new Float64Array(inner);
    for (let row = 0; row < outer; row++) {
      for (let i = 0; i < length; i++) {
        let from = (row * slices + first[i]) * inner;
        const to = (i * outer + row) * inner;
        if (inner === 1) { // the loop that the other case has inside would be of one step
          let sum = 0;
          for (let tap = 0; tap < taps; tap++) sum += weights[i * taps + tap] * values[from + tap];
          result[to] = sum;
          continue;
        }
        sums.fill(0);
        for (let tap = 0; tap < taps; tap++, from += inner) {
          const weight = weights[i * taps + tap];
          for (let j = 0; j < inner; j++) sums[j] += weight * values[from + j];
        }
        result.set(sums, to);
      }
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
