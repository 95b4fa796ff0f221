import * as tf from "../tf.ts";
import { Linear } from "../nn/linear.ts";
import { normal, type Pass, type Scope } from "../nn/parameters.ts";

/** A pixel of F_M sees the mask as this many by this many cells. */
const cellsPerEdge = 8;

/**
 * The segmentation mask as an input of D_M (section 3.1: "D_M incorporates a segmentation mask as
 * input to enhance the detector's training").
 *
 * A detector has no mask when it is used, so the mask is an input in training only, and there it is
 * hidden at random; a learned vector stands in its place. Each pixel of F_M gets the means of an
 * 8 x 8 grid of cells of its part of the mask, projected: one mean alone would say little about a box.
 */
export class MaskEmbedding {
  readonly #project: Linear;
  readonly #absent: tf.Variable;
  readonly #dropRate: number;

  /** @param dropRate probability that a training pass hides a sample's mask */
  constructor(scope: Scope, { width, dropRate }: { width: number; dropRate: number }) {
    const inputs = cellsPerEdge ** 2;
    this.#project = new Linear(scope.child("project"), { inputs, outputs: width });
    this.#absent = scope.weight("absent", [width], normal(1));
    this.#dropRate = dropRate;
  }

  /**
   * @param shape of F_M: `[n, rows, columns, width]`
   * @param mask `[n, rows * k, columns * k, 1]`, k a multiple of 8, values in [0, 1]
   * @returns `[n, rows, columns, width]`
   */
  apply(shape: tf.Tensor4D["shape"], pass: Pass, mask?: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const absent = tf.broadcastTo(this.#absent, shape) as tf.Tensor4D;
      if (!pass.training || !mask) return absent;
      const { random } = pass;
      if (!random) throw new Error("a training pass with a mask needs a generator");
      const shown = Array.from({ length: shape[0] }, () => !random.chance(this.#dropRate));
      const embedded = this.#project.apply(cellMeans(mask, shape));
      return tf.where(tf.tensor4d(shown, [shape[0], 1, 1, 1], "bool"), embedded, absent);
    });
  }
}

/** `[n, rows, columns, 64]`: means of the cells of each pixel's part of the mask. */
function cellMeans(mask: tf.Tensor4D, [n, rows, columns]: tf.Tensor4D["shape"]): tf.Tensor4D {
  const cell = mask.shape[1] / (rows * cellsPerEdge);
  return tf.avgPool(mask, cell, cell, "valid")
    .reshape([n, rows, cellsPerEdge, columns, cellsPerEdge])
    .transpose([0, 1, 3, 2, 4])
    .reshape([n, rows, columns, cellsPerEdge ** 2]);
}
