import * as tf from "../tf.ts";
import { Conv2d } from "./conv2d.ts";
import { GroupNorm } from "./group_norm.ts";
import { recordOp } from "./macs.ts";
import { normal, type Scope } from "./parameters.ts";
import { relu } from "./relu.ts";

/** Shape of a {@linkcode ConvNorm2d} layer. */
export interface ConvNorm2dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Edge of the square kernel; the padding is (kernel - stride) / 2, which must be whole. */
  readonly kernel: number;
  readonly stride: number;
  /** Of the norm; a divisor of the outputs. */
  readonly groups: number;
}

/**
 * A 2D convolution without bias, group normalisation, ReLU; weights by He 2015.
 *
 * Without a gradient it is one op of our own (lib/nn/native/conv_norm2d.h) where that can be run, as
 * a picture's layers take less time than TensorFlow needs to share out their parts.
 */
export class ConvNorm2d {
  readonly #conv: Conv2d;
  readonly #norm: GroupNorm;
  readonly #options: ConvNorm2dOptions;

  constructor(scope: Scope, options: ConvNorm2dOptions) {
    const { inputs, outputs, kernel, groups } = options;
    this.#options = options;
    this.#conv = new Conv2d(scope.child("conv"), {
      ...options,
      padding: paddingOf(options),
      bias: false,
      initialize: normal(Math.sqrt(2 / (inputs * kernel ** 2))),
    });
    this.#norm = new GroupNorm(scope.child("norm"), { channels: outputs, groups });
  }

  /**
   * `[n, rows, columns, inputs]` to `[n, rows / stride, columns / stride, outputs]`.
   *
   * @param x whose channels are put side by side where they are several
   * @param added of the result's shape, added before the ReLU (as in a residual block, He 2016)
   */
  apply(x: tf.Tensor4D | readonly tf.Tensor4D[], added?: tf.Tensor4D): tf.Tensor4D {
    const parts = x instanceof tf.Tensor ? [x] : x;
    const addends = added === undefined ? [] : [added];
    if (tf.hasNativeOps() && !tf.isRecordingGradient()) return this.#applyFused(parts, addends);
    const together = parts.length === 1 ? parts[0] : tf.concat([...parts], 3);
    const normed = this.#norm.apply(this.#conv.apply(together));
    return relu(addends.reduce((sum, addend) => sum.add(addend), normed));
  }

  #applyFused(parts: readonly tf.Tensor4D[], addends: readonly tf.Tensor4D[]): tf.Tensor4D {
    const { stride, groups, kernel, inputs } = this.#options;
    const { scale, shift } = this.#norm;
    const y = tf.rawOp("RoisegConvNorm2d", {
      stride: tf.attr.int(stride),
      padding: tf.attr.int(paddingOf(this.#options)),
      groups: tf.attr.int(groups),
      epsilon: tf.attr.float(GroupNorm.epsilon),
      part_count: tf.attr.int(parts.length),
      added_count: tf.attr.int(addends.length),
    }, [...parts, this.#conv.weight, scale, shift, ...addends]);
    recordOp("convolution", y.size, y.size * kernel ** 2 * inputs);
    recordOp("groupNorm", y.size);
    return y as tf.Tensor4D;
  }
}

function paddingOf({ kernel, stride }: ConvNorm2dOptions): number {
  return (kernel - stride) / 2;
}
