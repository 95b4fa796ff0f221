import type * as tf from "../tf.ts";
import { Conv3dTranspose } from "../nn/conv3d_transpose.ts";
import { GroupNorm } from "../nn/group_norm.ts";
import type { Pass, Scope } from "../nn/parameters.ts";
import type { RefineBlock } from "../nn/refine_block.ts";
import { refineBlocks } from "./encoder.ts";
import { GATE_KERNEL, type Level } from "./levels.ts";

/** A level of the way up: refine blocks, a transposed convolution that grows the grid, a norm. */
export class DecoderLevel {
  readonly #blocks: readonly RefineBlock[];
  readonly #conv: Conv3dTranspose;
  readonly #norm: GroupNorm | null;

  /** @param outputs channels of the finer level, or of the logits at level 0 */
  constructor(scope: Scope, level: Level, outputs: number, normalize: boolean) {
    this.#blocks = refineBlocks(scope, level);
    this.#conv = new Conv3dTranspose(scope.child("conv"), {
      inputs: level.channels,
      outputs,
      kernel: level.kernel,
    });
    this.#norm = normalize
      ? new GroupNorm(scope.child("norm"), { channels: outputs, groups: 1 })
      : null;
  }

  /** `[n, z, y, x, channels]` to `[n, z*k, y*k, x*k, outputs]`. */
  apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    const refined = this.#blocks.reduce((features, block) => block.apply(features, pass), x);
    const grown = this.#conv.apply(refined);
    return this.#norm ? this.#norm.apply(grown) : grown;
  }
}

/** The gate by which the result of `level` becomes logits when finer levels are skipped. */
export function exitGate(scope: Scope, level: Level, outputs: number): Conv3dTranspose {
  return new Conv3dTranspose(scope, { inputs: level.inputs, outputs, kernel: GATE_KERNEL });
}
