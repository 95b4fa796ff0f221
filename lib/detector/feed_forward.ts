import type * as tf from "../tf.ts";
import { LayerNorm } from "../nn/layer_norm.ts";
import { Linear } from "../nn/linear.ts";
import type { Scope } from "../nn/parameters.ts";
import { relu } from "../nn/relu.ts";

/** A transformer's feed-forward part: `LayerNorm(x + W2 relu(W1 x))` for every pixel by itself. */
export class FeedForward {
  readonly #expand: Linear;
  readonly #reduce: Linear;
  readonly #norm: LayerNorm;

  constructor(scope: Scope, { width, hidden }: { width: number; hidden: number }) {
    this.#expand = new Linear(scope.child("expand"), { inputs: width, outputs: hidden });
    this.#reduce = new Linear(scope.child("reduce"), { inputs: hidden, outputs: width });
    this.#norm = new LayerNorm(scope.child("norm"), width);
  }

  /** `[n, q, width]`, unchanged in shape. */
  apply(x: tf.Tensor3D): tf.Tensor3D {
    return this.#norm.apply(x.add(this.#reduce.apply(relu(this.#expand.apply(x)))));
  }
}
