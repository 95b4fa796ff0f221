import * as tf from "../tf.ts";
import { Linear } from "./linear.ts";
import { recordOp } from "./macs.ts";
import { batchMatMul } from "./mat_mul.ts";
import type { Scope } from "./parameters.ts";
import { softmax } from "./softmax.ts";
import { subsample } from "./subsample.ts";

/** Shape of {@linkcode SparseAttention}. */
export interface SparseAttentionOptions {
  readonly channels: number;
  readonly heads: number;
  /** r: every r-th voxel of each axis takes part. */
  readonly stride: number;
}

/**
 * Global self-attention among every r-th voxel (Slim UNETR's sparse form; Pang 2023). Published
 * peculiarities that are kept: the channels of the projection are cut into heads first and into
 * query, key and value within a head, the products are not scaled by 1 / sqrt(width), and nothing
 * is projected afterwards.
 */
export class SparseAttention {
  readonly #queryKeyValue: Linear;
  readonly #options: SparseAttentionOptions;

  constructor(scope: Scope, options: SparseAttentionOptions) {
    const { channels } = options;
    this.#queryKeyValue = new Linear(scope.child("queryKeyValue"), {
      inputs: channels,
      outputs: 3 * channels,
      bias: false,
    });
    this.#options = options;
  }

  /** `[n, z, y, x, c]` to `[n, z/r, y/r, x/r, c]`, edges rounded up. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const { channels, heads, stride } = this.#options;
    const kept = subsample(x, stride);
    const n = kept.shape[0];
    const width = channels / heads;
    const parts = this.#queryKeyValue.apply(kept.reshape<tf.Tensor3D>([n, -1, channels]));
    const tokens = parts.shape[1];
    const [query, key, value] = tf.unstack(
      parts.reshape([n, tokens, heads, 3, width]).transpose([3, 0, 2, 1, 4]),
    ); // each [n, heads, tokens, width]
    const weights = softmax(batchMatMul(query, key, true)); // [n, heads, query, key]
    const mixed = batchMatMul(weights, value); // [n, heads, tokens, width]
    recordOp("attention", weights.size, weights.size * width);
    recordOp("attention", mixed.size, mixed.size * tokens);
    return mixed.transpose([0, 2, 1, 3]).reshape(kept.shape);
  }
}
