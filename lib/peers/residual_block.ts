import * as tf from "../tf.ts";
import { instanceNorm } from "../nn/instance_norm.ts";
import type { Scope } from "../nn/parameters.ts";
import { CountedConv3d, countedLeakyRelu } from "./counted_layers.ts";

/**
 * Two 3^3 convolutions with instance norms and a residual (UNETR, Hatamizadeh 2022). Where the
 * channels change, the residual is mapped and normalised too.
 */
export class ResidualBlock {
  readonly #conv1: CountedConv3d;
  readonly #conv2: CountedConv3d;
  /** Null where the channels stay. */
  readonly #shortcut: CountedConv3d | null;

  constructor(
    scope: Scope,
    { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  ) {
    const conv3 = { outputs, kernel: 3, padding: 1, bias: false };
    this.#conv1 = new CountedConv3d(scope.child("conv1"), { inputs, ...conv3 });
    this.#conv2 = new CountedConv3d(scope.child("conv2"), { inputs: outputs, ...conv3 });
    this.#shortcut = inputs === outputs
      ? null
      : new CountedConv3d(scope.child("conv3"), { inputs, outputs, kernel: 1, bias: false });
  }

  /** `[n, z, y, x, inputs]` to `[n, z, y, x, outputs]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const inner = countedLeakyRelu(instanceNorm(this.#conv1.apply(x)));
      const main = instanceNorm(this.#conv2.apply(inner));
      const residual = this.#shortcut ? instanceNorm(this.#shortcut.apply(x)) : x;
      return countedLeakyRelu(main.add<tf.Tensor5D>(residual));
    });
  }
}
