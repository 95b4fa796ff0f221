import * as tf from "../tf.ts";
import { erfcUnit } from "../nn/gelu.ts";
import { type LayerKind, recordLayer } from "../nn/layer_records.ts";
import { recordOp } from "../nn/macs.ts";
import { matMul } from "../nn/mat_mul.ts";
import { type Scope, uniformFanIn } from "../nn/parameters.ts";

/** Shape of a {@linkcode Perceptron}. */
export interface PerceptronOptions {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  /** What its two layers are among published ones; 1 x 1 x 1 convolutions do the same. */
  readonly kind: LayerKind & ("linear" | "convolution");
}

/** A linear layer, an exact GELU and a linear layer, with biases, on the last axis. */
export class Perceptron {
  readonly #expand: Weights;
  readonly #compress: Weights;
  readonly #kind: PerceptronOptions["kind"];

  constructor(
    scopes: { readonly expand: Scope; readonly compress: Scope },
    { inputs, hidden, outputs, kind }: PerceptronOptions,
  ) {
    this.#expand = weights(scopes.expand, inputs, hidden);
    this.#compress = weights(scopes.compress, hidden, outputs);
    this.#kind = kind;
  }

  /** `[..., inputs]` to `[..., outputs]`. */
  apply(x: tf.Tensor): tf.Tensor {
    const [inputs, hidden] = this.#expand.weight.shape;
    const outputs = this.#compress.bias.size;
    // The GELU's scales cost nothing on the weights, and a pass each over the hidden voxels. What
    // is not needed any more is freed at once: the hidden voxels are the largest tensors there are.
    const activated = tf.tidy(() => {
      const expanded = tf.tidy(() =>
        matMul(x.reshape([-1, inputs]), scaled(this.#expand.weight)).add(scaled(this.#expand.bias))
      );
      return erfcUnit(expanded as tf.Tensor2D);
    });
    const rows = matMul(activated, scaled(this.#compress.weight)).add(this.#compress.bias);
    this.#record(activated.size, inputs);
    recordLayer("gelu", activated.size);
    this.#record(rows.size, hidden);
    return rows.reshape([...x.shape.slice(0, -1), outputs]);
  }

  #record(elements: number, fanIn: number): void {
    recordOp(this.#kind, elements, elements * fanIn);
    recordLayer(this.#kind, elements, fanIn, true);
  }
}

interface Weights {
  /** `[inputs, outputs]` */
  readonly weight: tf.Variable;
  /** `[outputs]` */
  readonly bias: tf.Variable;
}

function weights(scope: Scope, inputs: number, outputs: number): Weights {
  const usual = uniformFanIn(inputs);
  return {
    weight: scope.weight("weight", [inputs, outputs], usual),
    bias: scope.weight("bias", [outputs], usual),
  };
}

function scaled<T extends tf.Tensor>(weight: tf.Variable): T {
  return weight.mul(-Math.SQRT1_2);
}
