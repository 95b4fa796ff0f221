import { axesToRas, type Orientation, rasGrid } from "./orientation.ts";
import { type Kernels, PlaneResampler } from "./plane_resampler.ts";
import { type Kernel, mirrorKernel, samplingKernel } from "./sampling_kernel.ts";
import { affineOfBox } from "./affine.ts";
import type { Triple, Volume } from "./volume.ts";

/**
 * Brings a file's volume to RAS order and to a grid of another shape with the same outer faces, as
 * `resizeVolume(toRas(volume))` does, while its planes come in: without a copy of the volume in
 * between.
 */
export class FileResampler {
  readonly #orientation: Orientation;
  readonly #shape: Triple;
  readonly #resampler: PlaneResampler;

  /** @param shape of the result, in RAS order */
  constructor(orientation: Orientation, shape: Triple, kernel: Kernel) {
    const { axes, flips, grid } = orientation;
    const along = (i: 0 | 1 | 2) => {
      const size = grid.shape[i];
      const towardsRas = samplingKernel(size, 0, size, shape[axes[i]], kernel);
      return flips[i] ? mirrorKernel(towardsRas, size) : towardsRas;
    };
    const kernels: Kernels = [along(0), along(1), along(2)];
    this.#orientation = orientation;
    this.#shape = shape;
    this.#resampler = new PlaneResampler(grid.shape[0], kernels);
  }

  /** Takes plane `z` of the file; `values` holds it from index `start` on. */
  add(z: number, values: Float32Array, start = 0): void {
    this.#resampler.add(z, values, start);
  }

  /** The volume, after all planes. */
  volume(): Volume {
    const { axes } = this.#orientation;
    const ras = rasGrid(this.#orientation);
    const shape = this.#shape;
    const fileShape: Triple = [shape[axes[0]], shape[axes[1]], shape[axes[2]]];
    return {
      shape,
      affine: affineOfBox(ras.affine, { min: [0, 0, 0], max: ras.shape }, shape),
      data: axesToRas(this.#resampler.data, fileShape, this.#orientation),
    };
  }
}
