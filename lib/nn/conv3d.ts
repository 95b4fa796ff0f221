import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { matMul } from "./mat_mul.ts";
import { nativeCubeConv } from "./native_cube_conv.ts";
import { type Initializer, type Scope, uniformFanIn } from "./parameters.ts";
import { patchesToRows } from "./patches3d.ts";

/** Shape of a {@linkcode Conv3d} layer. */
export interface Conv3dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Edge of the cubic kernel. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros put before and after each axis; default 0. */
  readonly padding?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Initial weights; uniform in +-1 / sqrt(fan-in) by default. */
  readonly initialize?: Initializer;
}

/** A dense 3D convolution (correlation) with a cubic kernel and the same padding on both sides. */
export class Conv3d {
  /** `[kernel, kernel, kernel, inputs, outputs]` */
  readonly weight: tf.Variable;
  /** `[outputs]` */
  readonly bias: tf.Variable | null;
  readonly #stride: number;
  readonly #padding: number;

  constructor(scope: Scope, options: Conv3dOptions) {
    const { inputs, outputs, kernel, stride = 1, padding = 0, bias = true } = options;
    const usual = uniformFanIn(kernel ** 3 * inputs);
    const shape = [kernel, kernel, kernel, inputs, outputs];
    this.weight = scope.weight("weight", shape, options.initialize ?? usual);
    this.bias = bias ? scope.weight("bias", [outputs], usual) : null;
    this.#stride = stride;
    this.#padding = padding;
  }

  /**
   * `[n, z, y, x, inputs]` to `[n, z', y', x', outputs]`, edges `(e + 2 padding - kernel) / stride + 1`
   * rounded down: what is left of an incomplete last window is not used.
   */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [kernel, , , inputs] = this.weight.shape;
    const y = this.#isPatchwise(x) ? this.#applyToPatches(x) : this.#addBias(this.#convolve(x));
    recordOp("convolution", y.size, y.size * kernel ** 3 * inputs);
    return y;
  }

  #addBias(y: tf.Tensor5D): tf.Tensor5D {
    return this.bias ? y.add(this.bias) : y;
  }

  /** Windows that neither overlap nor leave gaps are the rows of a matrix product. */
  #isPatchwise(x: tf.Tensor5D): boolean {
    const kernel = this.weight.shape[0];
    return kernel === this.#stride && this.#padding === 0 &&
      x.shape.slice(1, 4).every((edge) => edge % kernel === 0);
  }

  #applyToPatches(x: tf.Tensor5D): tf.Tensor5D {
    const [kernel, , , inputs, outputs] = this.weight.shape;
    if (kernel > 1 && tf.hasNativeOps()) return nativeCubeConv("down", x, this.weight, this.bias);
    const [n, depth, height, width] = x.shape;
    const rows = kernel === 1 ? x.reshape([-1, inputs]) : patchesToRows(x, kernel);
    const y = matMul(rows as tf.Tensor2D, this.weight.reshape([kernel ** 3 * inputs, outputs]))
      .reshape([n, depth / kernel, height / kernel, width / kernel, outputs]) as tf.Tensor5D;
    return this.#addBias(y);
  }

  #convolve(x: tf.Tensor5D): tf.Tensor5D {
    const weight = this.weight as tf.Tensor as tf.Tensor5D;
    const kernel = weight.shape[0];
    if (this.#stride === 1 && kernel === 2 * this.#padding + 1) {
      return tf.conv3d(x, weight, 1, "same");
    }
    // TensorFlow's "same" pads an even edge on its far side only when the stride is 2.
    const p: [number, number] = [this.#padding, this.#padding];
    const padded = this.#padding === 0 ? x : tf.pad(x, [[0, 0], p, p, p, [0, 0]]);
    return tf.conv3d(padded as tf.Tensor5D, weight, this.#stride, "valid");
  }
}
