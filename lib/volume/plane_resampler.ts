import { volumeKernels } from "./kernels.ts";
import { type AxisKernel, touchedRange } from "./sampling_kernel.ts";

/** A kernel for each axis x, y, z. */
export type Kernels = readonly [AxisKernel, AxisKernel, AxisKernel];

/**
 * Applies one kernel along each axis of a volume whose planes along z come one after the other, so
 * that the volume itself need not be in memory. Of a plane only the part is read that the kernels
 * touch.
 */
export class PlaneResampler {
  /** The result, x fastest, of shape [x, y, z] = lengths of the kernels; complete after all planes. */
  readonly data: Float32Array;
  readonly #width: number;
  readonly #kernels: Kernels;
  /** The columns that are touched. */
  readonly #columns: { readonly from: number; readonly to: number };
  /** Which planes of the result are one of the planes that come in: those need not be added up. */
  readonly #isOnePlane: readonly boolean[];
  /** A plane after y, and after y and x. */
  readonly #rows: Float32Array;
  readonly #plane: Float32Array;

  /** @param width voxels of a plane's row */
  constructor(width: number, kernels: Kernels) {
    const [{ length: columns }, { length: rows }, { length: planes }] = kernels;
    this.#width = width;
    this.#kernels = kernels;
    this.#columns = touchedRange(kernels[0]);
    this.#isOnePlane = copies(kernels[2]);
    this.#rows = new Float32Array(rows * (this.#columns.to - this.#columns.from));
    this.#plane = new Float32Array(rows * columns);
    this.data = new Float32Array(planes * this.#plane.length);
  }

  /**
   * Takes plane `z`; each is to come once, in any order. Planes that no kernel touches, and such of
   * nothing but 0, may be left out.
   *
   * @param values holds the plane from index `start` on
   */
  add(z: number, values: Float32Array, start = 0): void {
    const [alongX, alongY, { length, taps, first, weights }] = this.#kernels;
    const { resamplePlane, addScaled } = volumeKernels();
    const size = this.#plane.length;
    let resampled: Float32Array | undefined;
    for (let i = 0; i < length; i++) {
      const tap = z - first[i];
      if (tap < 0 || tap >= taps || weights[i * taps + tap] === 0) continue;
      const place = this.data.subarray(i * size, (i + 1) * size);
      const isWhole = resampled === undefined && this.#isOnePlane[i];
      if (resampled === undefined) {
        resampled = isWhole ? place : this.#plane;
        resamplePlane({
          values,
          start,
          width: this.#width,
          columns: this.#columns,
          alongX,
          alongY,
          rows: this.#rows,
          result: resampled,
        });
      }
      if (!isWhole) addScaled(this.data, i * size, resampled, weights[i * taps + tap]);
    }
  }
}

/** For each value along an axis: whether it is one of the axis before, unchanged. */
function copies({ length, taps, weights }: AxisKernel): boolean[] {
  return Array.from({ length }, (_, i) => {
    const own = weights.subarray(i * taps, (i + 1) * taps);
    return own.every((weight) => weight === 0 || weight === 1) && own.includes(1);
  });
}
