import * as tf from "../tf.ts";
import { constant, type Scope } from "../nn/parameters.ts";

/** The least length that a vector is divided by. */
const SHORTEST = 1e-12;

/**
 * Root-mean-square normalisation of the last axis (Zhang and Sennrich 2019) with a learned scale:
 * vectors of length sqrt(width) times the scale.
 */
export class RmsNorm {
  /** `[channels]` */
  readonly #gamma: tf.Variable;

  constructor(scope: Scope, channels: number) {
    this.#gamma = scope.weight("gamma", [channels], constant(1));
  }

  /** `[..., channels]`, unchanged in shape. */
  apply<T extends tf.Tensor>(x: T): T {
    const inverseLength = x.square().sum(-1, true).maximum(SHORTEST ** 2).rsqrt();
    return x.mul(inverseLength).mul(this.#gamma.mul(Math.sqrt(this.#gamma.size)));
  }
}
