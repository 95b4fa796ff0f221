import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { type Initializer, type Scope, uniformFanIn } from "./parameters.ts";
import { subsample } from "./subsample.ts";

/** Shape of a {@linkcode Conv2d} layer. */
export interface Conv2dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Edge of the square kernel. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros put before and after each axis; default 0. */
  readonly padding?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Initial weights; uniform in +-1 / sqrt(fan-in) by default. */
  readonly initialize?: Initializer;
  /** Initial bias; as the weights' default. */
  readonly initializeBias?: Initializer;
}

/** A dense 2D convolution (correlation) with a square kernel and the same padding on both sides. */
export class Conv2d {
  /** `[kernel, kernel, inputs, outputs]` */
  readonly weight: tf.Variable;
  /** `[outputs]` */
  readonly bias: tf.Variable | null;
  readonly #stride: number;
  readonly #padding: number;

  constructor(scope: Scope, options: Conv2dOptions) {
    const { inputs, outputs, kernel, stride = 1, padding = 0, bias = true } = options;
    const usual = uniformFanIn(kernel ** 2 * inputs);
    const shape = [kernel, kernel, inputs, outputs];
    this.weight = scope.weight("weight", shape, options.initialize ?? usual);
    this.bias = bias ? scope.weight("bias", [outputs], options.initializeBias ?? usual) : null;
    this.#stride = stride;
    this.#padding = padding;
  }

  /**
   * `[n, rows, columns, inputs]` to `[n, rows', columns', outputs]`, edges
   * `(e + 2 padding - kernel) / stride + 1` rounded down.
   */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    const [kernel, , inputs] = this.weight.shape;
    const y = this.#convolve(x);
    recordOp("convolution", y.size, y.size * kernel ** 2 * inputs);
    return this.bias ? y.add(this.bias) : y;
  }

  #convolve(x: tf.Tensor4D): tf.Tensor4D {
    const [stride, padding] = [this.#stride, this.#padding];
    const weight = this.weight as tf.Tensor as tf.Tensor4D;
    const kernel = weight.shape[0];
    // TensorFlow's gradient of a strided 1 x 1 kernel, by oneDNN, writes past its memory where the
    // batch is odd.
    if (kernel === 1 && padding === 0) return tf.conv2d(subsample(x, stride), weight, 1, "same");
    const isSame = stride === 1 && kernel === 2 * padding + 1;
    return isSame
      ? tf.conv2d(x, weight, 1, "same")
      : tf.conv2d(padPicture(x, padding), weight, stride, "valid");
  }
}

/**
 * Zeros around a picture `[n, rows, columns, c]`, equally on all sides; TensorFlow's own "same"
 * padding puts one row less before than after an even edge when the stride is 2.
 */
export function padPicture(x: tf.Tensor4D, padding: number): tf.Tensor4D {
  if (padding === 0) return x;
  return tf.pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]]);
}
