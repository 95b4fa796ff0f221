import type * as tf from "../tf.ts";
import { DepthwiseConv2d } from "../nn/depthwise_conv2d.ts";
import { GroupNorm } from "../nn/group_norm.ts";
import { Linear } from "../nn/linear.ts";
import type { Scope } from "../nn/parameters.ts";

/**
 * Depth-wise 3 x 3, then point-wise convolution (the paper's references 33 and 34), then GroupNorm
 * with groups of 8 channels: what resizes the maps between stages. The paper calls them 3D; its maps
 * are 2D.
 */
export class SeparableConv {
  readonly #depthwise: DepthwiseConv2d;
  readonly #pointwise: Linear;
  readonly #norm: GroupNorm;

  constructor(scope: Scope, { width, stride }: { width: number; stride: number }) {
    const depthwise = { channels: width, kernel: 3, stride };
    this.#depthwise = new DepthwiseConv2d(scope.child("depthwise"), depthwise);
    this.#pointwise = new Linear(scope.child("pointwise"), {
      inputs: width,
      outputs: width,
      bias: false,
    });
    this.#norm = new GroupNorm(scope.child("norm"), { channels: width, groups: width / 8 });
  }

  /** `[n, rows, columns, width]` to `[n, rows / stride, columns / stride, width]`, rounded up. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    return this.#norm.apply(this.#pointwise.apply(this.#depthwise.apply(x)));
  }
}
