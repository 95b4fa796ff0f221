import type * as tf from "../tf.ts";
import { Conv3d } from "../nn/conv3d.ts";
import { GroupNorm } from "../nn/group_norm.ts";
import type { Pass, Scope } from "../nn/parameters.ts";
import { RefineBlock } from "../nn/refine_block.ts";
import { GATE_KERNEL, type Level } from "./levels.ts";

/** A level of the way down: a convolution that shrinks the grid, a norm, refine blocks. */
export class EncoderLevel {
  readonly #conv: Conv3d;
  readonly #norm: GroupNorm;
  readonly #blocks: readonly RefineBlock[];

  constructor(scope: Scope, level: Level) {
    const { inputs, channels, kernel } = level;
    this.#conv = new Conv3d(scope.child("conv"), {
      inputs,
      outputs: channels,
      kernel,
      stride: kernel,
    });
    this.#norm = new GroupNorm(scope.child("norm"), { channels, groups: 1 });
    this.#blocks = refineBlocks(scope, level);
  }

  /** `[n, z, y, x, inputs]` to `[n, z/k, y/k, x/k, channels]`. */
  apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    const shrunk = this.#norm.apply(this.#conv.apply(x));
    return this.#blocks.reduce((features, block) => block.apply(features, pass), shrunk);
  }
}

/**
 * The gate by which an image of so many channels enters at `level`: it takes the place of the levels
 * skipped.
 */
export function entryGate(scope: Scope, level: Level, inputs: number): Conv3d {
  return new Conv3d(scope, {
    inputs,
    outputs: level.inputs,
    kernel: GATE_KERNEL,
    stride: GATE_KERNEL,
  });
}

/** The refine blocks of a level; encoder and decoder have their own. */
export function refineBlocks(scope: Scope, level: Level): RefineBlock[] {
  return Array.from(
    { length: level.blocks },
    (_, index) => new RefineBlock(scope.child(`block${index}`), level),
  );
}
