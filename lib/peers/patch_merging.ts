import * as tf from "../tf.ts";
import type { Scope } from "../nn/parameters.ts";
import { patchesToRows } from "../nn/patches3d.ts";
import { CountedLayerNorm, CountedLinear } from "./counted_layers.ts";

/**
 * The corners of each cube of 2 voxels that merging joins, as published: z, y, x are the bits of a
 * corner's number, two of them come twice, and 6 and 3 never.
 */
const MERGED_CORNERS = [0b000, 0b100, 0b010, 0b001, 0b101, 0b010, 0b001, 0b111];

/** Joins cubes of 2 voxels to one with twice the channels (Swin transformer, Liu 2021). */
export class PatchMerging {
  readonly #norm: CountedLayerNorm;
  readonly #reduction: CountedLinear;

  constructor(scope: Scope, channels: number) {
    this.#norm = new CountedLayerNorm(scope.child("norm"), 8 * channels);
    this.#reduction = new CountedLinear(scope.child("reduction"), {
      inputs: 8 * channels,
      outputs: 2 * channels,
      bias: false,
    });
  }

  /** `[n, z, y, x, c]`, edges even, to `[n, z / 2, y / 2, x / 2, 2 c]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [n, depth, height, width, channels] = x.shape;
    const corners = tf.split(patchesToRows(x, 2), 8, 1); // each [n z y x / 8, channels]
    const joined = tf.concat(MERGED_CORNERS.map((corner) => corners[corner]), 1);
    return this.#reduction.apply(this.#norm.apply(joined))
      .reshape([n, depth / 2, height / 2, width / 2, 2 * channels]);
  }
}
