import type * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { matMul } from "./mat_mul.ts";
import { type Initializer, type Scope, uniformFanIn } from "./parameters.ts";

/** Shape of a {@linkcode Linear} layer. */
export interface LinearOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Initial weights; uniform in +-1 / sqrt(inputs) by default. */
  readonly initialize?: Initializer;
  /** Initial bias; as the weights' default. */
  readonly initializeBias?: Initializer;
}

/** A linear map of the last axis; on a volume `[n, z, y, x, c]` it is a 1 x 1 x 1 convolution. */
export class Linear {
  /** `[inputs, outputs]` */
  readonly weight: tf.Variable;
  /** `[outputs]` */
  readonly bias: tf.Variable | null;

  constructor(scope: Scope, { inputs, outputs, bias = true, ...initial }: LinearOptions) {
    const usual = uniformFanIn(inputs);
    this.weight = scope.weight("weight", [inputs, outputs], initial.initialize ?? usual);
    this.bias = bias ? scope.weight("bias", [outputs], initial.initializeBias ?? usual) : null;
  }

  /** `[..., inputs]` to `[..., outputs]`. */
  apply<T extends tf.Tensor>(x: T): T {
    const [inputs, outputs] = this.weight.shape;
    const rows = x.rank === 2 ? x : x.reshape([-1, inputs]);
    const mapped = matMul(
      rows as tf.Tensor as tf.Tensor2D,
      this.weight as tf.Tensor as tf.Tensor2D,
    );
    recordOp("linear", mapped.size, mapped.size * inputs);
    const shifted = this.bias ? mapped.add(this.bias) : mapped;
    return (x.rank === 2 ? shifted : shifted.reshape([...x.shape.slice(0, -1), outputs])) as T;
  }
}
