import * as tf from "../tf.ts";
import { recordOp } from "../nn/macs.ts";
import { batchMatMul } from "../nn/mat_mul.ts";
import type { Scope } from "../nn/parameters.ts";
import { softmax } from "../nn/softmax.ts";
import { CountedLinear } from "./counted_layers.ts";
import { Perceptron } from "./perceptron.ts";
import { RmsNorm } from "./rms_norm.ts";

/**
 * A soft mixture of experts (Puigcerver 2023) with as many slots as tokens, each slot addressed by
 * the mean of a few neighbouring tokens. A slot's expert gets a mixture of all tokens, and a token
 * a mixture of all slots' results.
 */
export class ExpertMixture {
  readonly #norm: RmsNorm;
  readonly #slots: CountedLinear;
  readonly #slotNorm: RmsNorm;
  readonly #experts: readonly Perceptron[];

  constructor(
    scope: Scope,
    { channels, experts }: { readonly channels: number; readonly experts: number },
  ) {
    const slots = scope.child("to_slot_embeds");
    this.#norm = new RmsNorm(scope.child("norm"), channels);
    this.#slots = new CountedLinear(slots.child(0), {
      inputs: channels,
      outputs: experts * channels,
      bias: false,
    });
    this.#slotNorm = new RmsNorm(slots.child(2), channels);
    this.#experts = Array.from({ length: experts }, (_, index) => {
      const expert = scope.child("experts").child(index);
      return new Perceptron({ expand: expert.child(0), compress: expert.child(3) }, {
        inputs: channels,
        hidden: 4 * channels,
        outputs: channels,
        kind: "linear",
      });
    });
  }

  /**
   * `[n, z, y, x, c]`, unchanged in shape. The voxels of a sample are one sequence of tokens, whose
   * number must be a multiple of the number of experts.
   */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [n, depth, height, width, channels] = x.shape;
    const [count, experts] = [depth * height * width, this.#experts.length];
    const tokens = this.#norm.apply(x).reshape<tf.Tensor3D>([n, count, channels]);
    const slots = this.#slotKeys(tokens);
    const logits = product(slots, tokens, true); // [n, slots, tokens]
    const inputs = product(softmax(logits), tokens) // [n, slots, channels]
      .reshape([n, experts, count / experts, channels]);
    const results = tf.stack(
      tf.unstack(inputs, 1).map((input, index) => this.#experts[index].apply(input)),
      1,
    ).reshape<tf.Tensor3D>([n, count, channels]);
    return product(softmax(logits.transpose<tf.Tensor3D>([0, 2, 1])), results).reshape(x.shape);
  }

  /** `[n, slots, channels]`, the slots of the first expert first. */
  #slotKeys(tokens: tf.Tensor3D): tf.Tensor3D {
    const [n, count, channels] = tokens.shape;
    const experts = this.#experts.length;
    const means = tokens.reshape([n, count / experts, experts, channels]).mean(2);
    const keys = this.#slots.apply(means).reshape([n, count / experts, experts, channels]);
    return this.#slotNorm.apply(keys.transpose([0, 2, 1, 3])).reshape(tokens.shape);
  }
}

/** A product of matrices that is counted among the attention's. */
function product(a: tf.Tensor3D, b: tf.Tensor3D, transposeB = false): tf.Tensor3D {
  const c = batchMatMul(a, b, transposeB);
  recordOp("attention", c.size, c.size * a.shape[2]);
  return c;
}
