import type * as tf from "../tf.ts";
import { DepthwiseConv3d, type DepthwiseConv3dOptions } from "../nn/depthwise_conv3d.ts";
import { recordLayer } from "../nn/layer_records.ts";
import { type Scope, uniformFanIn } from "../nn/parameters.ts";

/** A {@linkcode DepthwiseConv3d} with a bias. */
export class BiasedDepthwiseConv3d {
  readonly #conv: DepthwiseConv3d;
  readonly #bias: tf.Variable;

  constructor(scope: Scope, options: DepthwiseConv3dOptions) {
    this.#conv = new DepthwiseConv3d(scope, options);
    this.#bias = scope.weight("bias", [options.channels], uniformFanIn(options.kernel ** 3));
  }

  /** `[n, z, y, x, channels]`, unchanged in shape. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    recordLayer("convolution", x.size, this.#conv.weight.shape[0] ** 3, true);
    return this.#conv.apply(x).add(this.#bias);
  }
}
