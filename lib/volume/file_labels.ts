import { affineOfBox } from "./affine.ts";
import { axesToRas, type Orientation, rasGrid } from "./orientation.ts";
import { nearestVoxels } from "./sampling_kernel.ts";
import { rowsSet } from "./rows_set.ts";
import { type LabelVolume, type Triple, voxelCount } from "./volume.ts";

/**
 * Brings a file's labels to RAS order and to a grid of another shape with the same outer faces, by
 * nearest neighbour, while their planes come in: as `FileResampler` does images.
 */
export class FileLabels {
  readonly #orientation: Orientation;
  readonly #shape: Triple;
  /** Along the file's axes, the voxel that each value of the result is taken from. */
  readonly #voxels: readonly Int32Array[];
  readonly #data: Uint16Array;

  /** @param shape of the result, in RAS order */
  constructor(orientation: Orientation, shape: Triple) {
    const { axes, flips, grid } = orientation;
    this.#orientation = orientation;
    this.#shape = shape;
    this.#voxels = axes.map((axis, i) => {
      const size = grid.shape[i];
      const voxels = nearestVoxels(size, 0, size, shape[axis]);
      return flips[i] ? voxels.map((voxel) => size - 1 - voxel) : voxels;
    });
    this.#data = new Uint16Array(voxelCount(shape));
  }

  /**
   * Takes plane `z` of the file.
   *
   * @param isSet what `rowsSet` says of it
   */
  add(
    z: number,
    plane: Uint16Array,
    isSet: Uint8Array = rowsSet(plane, this.#orientation.grid.shape[0]),
  ): void {
    const [xs, ys, zs] = this.#voxels;
    const data = this.#data;
    const width = this.#orientation.grid.shape[0];
    for (let i = zs.indexOf(z); i >= 0 && zs[i] === z; i++) {
      let to = i * xs.length * ys.length;
      for (const y of ys) {
        // Rows of background, of which labels have many, are passed over: 0 is there already.
        if (isSet[y] === 0) {
          to += xs.length;
          continue;
        }
        const row = y * width;
        for (let x = 0; x < xs.length; x++) data[to++] = plane[row + xs[x]];
      }
    }
  }

  /** The labels, after all planes. */
  labels(): LabelVolume {
    const ras = rasGrid(this.#orientation);
    const { axes } = this.#orientation;
    const shape = this.#shape;
    return {
      shape,
      affine: affineOfBox(ras.affine, { min: [0, 0, 0], max: ras.shape }, shape),
      data: axesToRas(
        this.#data,
        [shape[axes[0]], shape[axes[1]], shape[axes[2]]],
        this.#orientation,
      ),
    };
  }
}
