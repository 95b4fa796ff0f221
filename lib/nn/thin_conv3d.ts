import * as tf from "../tf.ts";
import { Conv3d } from "./conv3d.ts";
import { recordOp } from "./macs.ts";
import type { Initializer, Scope } from "./parameters.ts";
import { relu } from "./relu.ts";

/** Shape of a {@linkcode ThinConv3d}. */
export interface ThinConv3dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** A ReLU follows. */
  readonly rectified: boolean;
  /** Initial weights; uniform in +-1 / sqrt(fan-in) by default. */
  readonly initialize?: Initializer;
}

/**
 * A dense 3D convolution of 3 x 3 x 3 taps with zeros around, and perhaps a ReLU, for few channels in
 * a fine grid: the same function of the same parameters as {@linkcode Conv3d}, by our own op
 * (lib/nn/native/thin_conv3d.h) where there is one.
 */
export class ThinConv3d {
  readonly #conv: Conv3d;
  readonly #rectified: boolean;

  constructor(scope: Scope, { rectified, ...options }: ThinConv3dOptions) {
    this.#conv = new Conv3d(scope, { ...options, kernel: 3, padding: 1 });
    this.#rectified = rectified;
  }

  /**
   * `[n, z, y, x, inputs]` to `[n, z, y, x, outputs]`.
   *
   * @param x whose channels are put side by side where they are several
   */
  apply(x: tf.Tensor5D | readonly tf.Tensor5D[]): tf.Tensor5D {
    const parts = x instanceof tf.Tensor ? [x] : x;
    if (tf.hasNativeOps()) return this.#applyNative(parts);
    return tf.tidy(() => {
      const y = this.#conv.apply(parts.length === 1 ? parts[0] : tf.concat([...parts], 4));
      return this.#rectified ? relu(y) : y;
    });
  }

  #applyNative(parts: readonly tf.Tensor5D[]): tf.Tensor5D {
    const { weight, bias } = this.#conv;
    const attributes = {
      rectified: tf.attr.bool(this.#rectified),
      part_count: tf.attr.int(parts.length),
    };
    const y = runNative([...parts, weight, bias as tf.Variable], attributes) as tf.Tensor5D;
    recordOp("convolution", y.size, y.size / y.shape[4] * weight.size);
    return y;
  }
}

const nativeName = "RoisegThinConv3d";

/** Our own op as TensorFlow.js runs its own, which asks for the gradients that are wanted alone. */
function runNative(inputs: readonly tf.Tensor[], attributes: tf.RawAttrs): tf.Tensor {
  return tf.engine().runKernel(
    nativeName,
    inputs as unknown as tf.NamedTensorMap,
    attributes as unknown as tf.NamedAttrMap,
  ) as tf.Tensor;
}

tf.registerKernel({
  kernelName: nativeName,
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs }) =>
    tf.rawOp(nativeName, attrs as unknown as tf.RawAttrs, Object.values(inputs) as tf.Tensor[]),
});

tf.registerGradient({
  kernelName: nativeName,
  saveAllInputs: true,
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [weight, _bias, y] = saved.slice(-3);
    const parts = saved.slice(0, -3);
    const attributes = attrs as unknown as tf.RawAttrs;
    const inputs = [...parts, weight, y, dy as tf.Tensor];
    const slopes = tf.rawOps("RoisegThinConv3dWeightSlopes", attributes, inputs, 2);
    const ofPart = (part: number) => () =>
      tf.rawOp("RoisegThinConv3dBack", { ...attributes, part: tf.attr.int(part) }, inputs);
    const inOrder = [
      ...parts.map((_, part) => ofPart(part)),
      ...slopes.map((slope) => () => slope),
    ];
    return Object.fromEntries(inOrder.entries());
  },
});
