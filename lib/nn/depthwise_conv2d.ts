import * as tf from "../tf.ts";
import { padPicture } from "./conv2d.ts";
import { recordOp } from "./macs.ts";
import { type Scope, uniformFanIn } from "./parameters.ts";

/** Shape of a {@linkcode DepthwiseConv2d} layer. */
export interface DepthwiseConv2dOptions {
  readonly channels: number;
  /** Edge of the square kernel, odd. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
}

/** A 2D convolution of each channel by its own kernel, padded by half of it, without bias. */
export class DepthwiseConv2d {
  /** `[kernel, kernel, channels, 1]` */
  readonly weight: tf.Variable;
  readonly #stride: number;

  constructor(scope: Scope, { channels, kernel, stride = 1 }: DepthwiseConv2dOptions) {
    const shape = [kernel, kernel, channels, 1];
    this.weight = scope.weight("weight", shape, uniformFanIn(kernel ** 2));
    this.#stride = stride;
  }

  /** `[n, rows, columns, channels]` to `[n, rows', columns', channels]`, edges `e / stride` rounded up. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    const kernel = this.weight.shape[0];
    const weight = this.weight as tf.Tensor as tf.Tensor4D;
    const y = this.#stride === 1
      ? tf.depthwiseConv2d(x, weight, 1, "same")
      : tf.depthwiseConv2d(padPicture(x, (kernel - 1) / 2), weight, this.#stride, "valid");
    recordOp("convolution", y.size, y.size * kernel ** 2);
    return y;
  }
}
