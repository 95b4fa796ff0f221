import { assertEquals } from "@std/assert";
import { Random } from "../../lib/random.ts";
import type { PlaneWork } from "../../lib/volume/kernels.ts";
import { nativeLibrary } from "../../lib/volume/native_library.ts";
import { type AxisKernel, samplingKernel, touchedRange } from "../../lib/volume/sampling_kernel.ts";
import { scriptKernels } from "../../lib/volume/script_kernels.ts";

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

const library = nativeLibrary();

Deno.test({
  name: "the compiled kernels give the same bits as those in TypeScript",
  ignore: library === null,
  fn() {
    const compiled = library!.kernels;
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
  },
});
