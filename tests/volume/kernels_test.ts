import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../lib/random.ts";
import type {
  AffineWork,
  ContrastWork,
  MaskWork,
  PlaneWork,
  SlicesWork,
  VolumeKernels,
} from "../../lib/volume/kernels.ts";
import { nativeLibrary } from "../../lib/volume/native_library.ts";
import {
  type AxisKernel,
  meanKernel,
  samplingKernel,
  touchedRange,
} from "../../lib/volume/sampling_kernel.ts";
import { scriptKernels } from "../../lib/volume/script_kernels.ts";
import type { Triple } from "../../lib/volume/volume.ts";
import type { StoredValues } from "../../lib/volume/voxel_decoder.ts";

const random = new Random("kernels");
const values = (length: number) => Float32Array.from({ length }, () => random.normal(0, 300));

/** Resampling a plane of 23 x 17, which begins at index 5, to 9 x 11 or so. */
function planeWork(alongX: AxisKernel, alongY: AxisKernel, plane: Float32Array): PlaneWork {
  const columns = touchedRange(alongX);
  return {
    values: plane,
    start: 5,
    width: 23,
    columns,
    alongX,
    alongY,
    rows: new Float32Array(alongY.length * (columns.to - columns.from)).fill(7),
    result: new Float32Array(alongY.length * alongX.length).fill(7),
  };
}

const kernels: readonly [AxisKernel, AxisKernel][] = [
  [samplingKernel(23, 0, 23, 9, "area"), samplingKernel(17, 0, 17, 11, "area")],
  [samplingKernel(23, 3.5, 12, 31, "linear"), samplingKernel(17, 4, 16.2, 2, "area")],
  [samplingKernel(23, 0, 23, 23, "linear"), samplingKernel(17, -2, 25, 6, "linear")],
  [samplingKernel(23, 0, 23, 1, "area"), samplingKernel(17, 0, 17, 1, "area")],
];

Deno.test("resamplePlane() is the sum of products, by hand", () => {
  const plane = values(5 + 23 * 17);
  for (const [alongX, alongY] of kernels) {
    const work = planeWork(alongX, alongY, plane);
    scriptKernels.resamplePlane(work);
    for (let j = 0; j < alongY.length; j++) {
      for (let i = 0; i < alongX.length; i++) {
        let sum = 0;
        for (let t = 0; t < alongY.taps; t++) {
          for (let s = 0; s < alongX.taps; s++) {
            sum += alongY.weights[j * alongY.taps + t] * alongX.weights[i * alongX.taps + s] *
              plane[5 + alongX.first[i] + s + 23 * (alongY.first[j] + t)];
          }
        }
        const actual = work.result[i + alongX.length * j];
        assertEquals(Math.abs(actual - sum) < 1e-3, true, `${actual} instead of ${sum}`);
      }
    }
  }
});

/** Values of every type that a file may store. */
const stored: readonly StoredValues[] = [
  Uint8Array.of(0, 7, 255),
  Int8Array.of(-128, 0, 7, 127),
  Int16Array.from({ length: 301 }, () => random.integer(65536)),
  Uint16Array.of(0, 40_000, 65_535),
  Int32Array.of(-(2 ** 31), 16_777_217, 2 ** 31 - 1),
  Uint32Array.of(0, 16_777_217, 2 ** 32 - 1),
  Float32Array.of(-1e30, 0.1, NaN, Infinity),
  Float64Array.of(-1e30, 0.1, 2 ** 53, 1e300),
];

const scalings = [[1, 0], [0.1, -1024], [-3.7, 0.25], [1, -1024]] as const;

Deno.test("scale() rounds once, from double precision, and leaves the rest alone", () => {
  for (const values of stored) {
    for (const [slope, intercept] of scalings) {
      const result = new Float32Array(values.length + 3).fill(7);
      scriptKernels.scale({ values, slope, intercept, result, start: 2 });
      const scaled = Array.from(values, (value) => Math.fround(value * slope + intercept));
      assertEquals([...result], [7, 7, ...scaled, 7]);
    }
  }
});

/** Rows of 37 labels: one set at its begin, one at its end, one in the middle, and empty ones. */
function labelRows(): Uint16Array {
  const labels = new Uint16Array(37 * 6);
  for (const at of [37, 3 * 37 - 1, 4 * 37 + 20]) labels[at] = at * 256;
  return labels;
}

Deno.test("rowsSet() marks the rows that hold anything but 0", () => {
  const isSet = new Uint8Array(6).fill(7);
  scriptKernels.rowsSet(labelRows(), 37, isSet);
  assertEquals([...isSet], [0, 1, 1, 0, 1, 0]);
});

const unitValues = (length: number) => Float32Array.from({ length }, () => random.next());

function contrastWork(values: Float32Array): ContrastWork {
  const picked = new Random("contrast");
  const noise = Float32Array.from({ length: 8192 }, () => picked.normal(0, 0.3));
  const places = new Uint32Array(Math.ceil(values.length / 2));
  picked.fillUint32(places);
  return { values, contrast: 1.3, offset: -0.2, noise, places };
}

Deno.test("applyCurve() is linear between the curve's values, and exact at them", () => {
  const values = Float32Array.of(0, 0.25, 0.375, 0.5, 1);
  scriptKernels.applyCurve(values, Float32Array.of(0.1, 0.3, 0.2, 0.6, 0.9, 7));
  values.forEach((value, i) => assertAlmostEquals(value, [0.1, 0.3, 0.25, 0.2, 0.9][i], 1e-6));
});

Deno.test("changeContrast() adds to each value the noise at its own place in the table", () => {
  const values = unitValues(101);
  const work = contrastWork(values.slice());
  scriptKernels.changeContrast(work);
  const cut = { low: 0, high: 0 };
  values.forEach((value, i) => {
    const bits = work.places[Math.floor(i / 2)];
    const place = i % 2 === 0 ? bits % 8192 : Math.floor(bits / 8192) % 8192;
    const expected = 1.3 * value - 0.2 + work.noise[place];
    if (expected < 0) cut.low++;
    if (expected > 1) cut.high++;
    assertAlmostEquals(work.values[i], Math.min(1, Math.max(0, expected)), 1e-6);
  });
  assertEquals([cut.low > 0, cut.high > 0], [true, true]);
});

/** A plane of 41 x 6 labels, of which 37 x 4 are looked at for two values. */
function maskWork(): MaskWork {
  const labels = Uint16Array.from({ length: 41 * 6 }, (_, i) => [0, 3, 700, 9][(i * i) % 11 % 4]);
  const result = new Float32Array(labels.length).fill(7);
  const [columns, rows] = [{ from: 2, to: 39 }, { from: 1, to: 5 }];
  return { labels, width: 41, columns, rows, values: Uint16Array.of(700, 3), result };
}

Deno.test("maskPlane() writes its part of the plane, and says whether there is a label", () => {
  const work = maskWork();
  assertEquals(scriptKernels.maskPlane(work), true);
  work.result.forEach((value, i) => {
    const [x, y] = [i % 41, Math.floor(i / 41)];
    const isInside = x >= 2 && x < 39 && y >= 1 && y < 5;
    assertEquals(value, isInside ? Number([3, 700].includes(work.labels[i])) : 7);
  });
  for (const values of [Uint16Array.of(4), Uint16Array.of()]) {
    assertEquals(scriptKernels.maskPlane({ ...work, values }), false);
  }
});

/** A volume of 7 x 5 x 4, turned, stretched and moved beyond its border. */
function affineWork(channels: number): Omit<AffineWork, "result"> {
  const picked = new Random("affine");
  return {
    source: Float32Array.from({ length: 7 * 5 * 4 * channels }, () => picked.normal(0, 300)),
    shape: [7, 5, 4],
    channels,
    matrix: Float64Array.of(0.9, -0.3, 0.1, 0.2, 1.1, -0.2, 0, 0.15, 0.8),
    offset: Float64Array.of(0.7, -1.2, 0.4),
  };
}

Deno.test("resampleAffine() weighs the eight voxels around a place, by hand", () => {
  const work = { ...affineWork(2), result: new Float32Array(7 * 5 * 4 * 2) };
  scriptKernels.resampleAffine(work);
  const { source, matrix: m, offset, result } = work;
  const held = (at: number, last: number) => Math.min(last, Math.max(0, at));
  const share = (at: number, i: number) => Math.max(0, 1 - Math.abs(at - i));
  const sum = (x: number, y: number, z: number, c: number) => {
    const at = [0, 1, 2].map((axis) =>
      held(
        m[3 * axis] * x + m[3 * axis + 1] * y + m[3 * axis + 2] * z + offset[axis],
        [6, 4, 3][axis],
      )
    );
    let total = 0;
    source.forEach((value, index) => {
      if (index % 2 !== c) return;
      const voxel = Math.floor(index / 2);
      const [i, j, k] = [voxel % 7, Math.floor(voxel / 7) % 5, Math.floor(voxel / 35)];
      total += value * share(at[0], i) * share(at[1], j) * share(at[2], k);
    });
    return total;
  };
  result.forEach((value, index) => {
    const voxel = Math.floor(index / 2);
    const expected = sum(voxel % 7, Math.floor(voxel / 7) % 5, Math.floor(voxel / 35), index % 2);
    assertEquals(Math.abs(value - expected) < 1e-3, true, `${value} instead of ${expected}`);
  });
});

const stacks: readonly Triple[] = [[1, 9, 35], [5, 9, 7], [21, 15, 1]];

function slicesWork(shape: Triple): Omit<SlicesWork, "result"> {
  const along = meanKernel(shape[1], 0.5, shape[1] - 0.2, 4);
  return { values: values(shape[0] * shape[1] * shape[2]), shape, along };
}

/** The same projections by several kernels. */
function resultsOf(
  kernels: readonly VolumeKernels[],
  work: Omit<SlicesWork, "result">,
): Float32Array[] {
  return kernels.map((one) => {
    const { shape: [outer, , inner], along } = work;
    const result = new Float32Array(along.length * outer * inner).fill(7);
    one.projectSlices({ ...work, result });
    return result;
  });
}

Deno.test("means of equal ranges: a value that a boundary cuts counts on both sides", () => {
  const { taps, first, weights } = meanKernel(5, 0, 5, 2);
  assertEquals([taps, [...first]], [3, [0, 2]]);
  const expected = [0.4, 0.4, 0.2, 0.2, 0.4, 0.4];
  weights.forEach((weight, i) => assertAlmostEquals(weight, expected[i]));
  // One slice of many, and a range that ends at the border.
  const middle = meanKernel(7, 3, 4, 1);
  assertEquals([[...middle.first], [...middle.weights]], [[3], [1]]);
  const last = meanKernel(7, 6.5, 7, 1);
  assertEquals([[...last.first], [...last.weights]], [[6], [1]]);
});

Deno.test("slices are summed with their weights, wherever their axis lies", () => {
  for (const shape of stacks) {
    const [outer, slices, inner] = shape;
    const work = slicesWork(shape);
    const { first, taps, weights } = work.along;
    resultsOf([scriptKernels], work)[0].forEach((sum, index) => {
      const i = Math.floor(index / (outer * inner));
      const [row, column] = [Math.floor(index / inner) % outer, index % inner];
      let expected = 0;
      for (let tap = 0; tap < taps; tap++) {
        const slice = row * slices + first[i] + tap;
        expected += weights[i * taps + tap] * work.values[slice * inner + column];
      }
      assertAlmostEquals(sum, expected, 1e-4 * (1 + Math.abs(expected)));
    });
  }
});

const library = nativeLibrary();

Deno.test({
  name: "the compiled kernels give the same bits as those in TypeScript",
  ignore: library === null,
  fn() {
    const compiled = library!.kernels;
    for (const values of stored) {
      for (const [slope, intercept] of scalings) {
        const results = [scriptKernels, compiled].map(({ scale }) => {
          const result = new Float32Array(values.length + 3).fill(7);
          scale({ values, slope, intercept, result, start: 2 });
          return result;
        });
        assertEquals(results[1], results[0]);
      }
    }
    const widened = [scriptKernels, compiled].map(({ widenLabels }) => {
      const result = new Uint16Array(300).fill(7);
      widenLabels(Uint8Array.from({ length: 256 }, (_, i) => i), result, 3);
      return result;
    });
    assertEquals(widened[1], widened[0]);
    const set = [scriptKernels, compiled].map(({ rowsSet }) => {
      const isSet = new Uint8Array(6).fill(7);
      rowsSet(labelRows(), 37, isSet);
      return isSet;
    });
    assertEquals(set[1], set[0]);
    const plane = values(5 + 23 * 17);
    for (const [alongX, alongY] of kernels) {
      const [ours, theirs] = [planeWork(alongX, alongY, plane), planeWork(alongX, alongY, plane)];
      scriptKernels.resamplePlane(ours);
      compiled.resamplePlane(theirs);
      assertEquals(theirs.result, ours.result);
    }
    const [first, second] = [values(101), values(37)];
    const [a, b] = [first.slice(), first.slice()];
    scriptKernels.addScaled(a, 20, second, 0.3);
    compiled.addScaled(b, 20, second, 0.3);
    assertEquals(b, a);
    const odd = Float32Array.of(NaN, -Infinity, Infinity, -0, 0, 200, -200, 1e-40, 40.5, 240, -160);
    for (const input of [odd, values(997)]) {
      const [x, y] = [new Float32Array(input.length), new Float32Array(input.length)];
      scriptKernels.window(input, -160, 1 / 400, x);
      compiled.window(input, -160, 1 / 400, y);
      assertEquals(y, x);
    }
    for (const input of [unitValues(997), Float32Array.of(0, 1, 0.5)]) {
      const curve = Float32Array.from({ length: 34 }, (_, i) => (i / 32) ** 1.7);
      const results = [scriptKernels, compiled].map((kernels) => {
        const values = input.slice();
        kernels.applyCurve(values, curve);
        kernels.changeContrast(contrastWork(values));
        return values;
      });
      assertEquals(results[1], results[0]);
    }
    for (const values of [Uint16Array.of(700, 3), Uint16Array.of(9), Uint16Array.of(4)]) {
      const [ours, theirs] = [{ ...maskWork(), values }, { ...maskWork(), values }];
      assertEquals(compiled.maskPlane(theirs), scriptKernels.maskPlane(ours));
      assertEquals(theirs.result, ours.result);
    }
    for (const channels of [1, 3]) {
      const results = [scriptKernels, compiled].map((kernels) => {
        const result = new Float32Array(7 * 5 * 4 * channels).fill(7);
        kernels.resampleAffine({ ...affineWork(channels), result });
        return result;
      });
      assertEquals(results[1], results[0]);
    }
    for (const shape of stacks) {
      const results = resultsOf([scriptKernels, compiled], slicesWork(shape));
      assertEquals(results[1], results[0]);
    }
  },
});
