import * as tf from "../tf.ts";
import { LayerNorm } from "../nn/layer_norm.ts";
import type { Scope } from "../nn/parameters.ts";
import { MultiScaleDeformableAttention } from "./ms_deform_attn.ts";
import { pixelReferences } from "./position.ts";

/** Sizes that all attention parts of the pyramid detector share. */
export interface AttentionSizes {
  readonly width: number;
  readonly heads: number;
  readonly points: number;
}

/**
 * One "multi-scale attention" of Fig. 2: the pixels of one map attend to a pyramid of maps, each with
 * its own centre as its reference on every level; `LayerNorm(x + attention(x + position, pyramid))`.
 */
export class PyramidAttention {
  readonly #attention: MultiScaleDeformableAttention;
  readonly #norm: LayerNorm;

  constructor(scope: Scope, sizes: AttentionSizes, levels: number) {
    this.#attention = new MultiScaleDeformableAttention(scope.child("attention"), {
      ...sizes,
      levels,
    });
    this.#norm = new LayerNorm(scope.child("norm"), sizes.width);
  }

  /**
   * @param x `[n, rows, columns, width]`, the queries
   * @param position `[1, rows * columns, width]`
   * @param pyramid maps `[n, .., .., width]`, as many as the constructor was told
   * @returns `[n, rows, columns, width]`
   */
  apply(x: tf.Tensor4D, position: tf.Tensor3D, pyramid: readonly tf.Tensor4D[]): tf.Tensor4D {
    const [n, rows, columns, width] = x.shape;
    const pixels = asPixels(x);
    const attended = this.#attention.apply({
      query: pixels.add(position),
      reference: pixelReferences({ rows, columns }, pyramid.length),
      values: tf.concat(pyramid.map(asPixels), 1),
      levels: pyramid.map((map) => ({ rows: map.shape[1], columns: map.shape[2] })),
    });
    return this.#norm.apply(pixels.add(attended)).reshape([n, rows, columns, width]);
  }
}

/** A map as a list of its pixels: `[n, rows, columns, c]` to `[n, rows * columns, c]`. */
export function asPixels(map: tf.Tensor4D): tf.Tensor3D {
  const [n, rows, columns, channels] = map.shape;
  return map.reshape([n, rows * columns, channels]);
}
