import * as tf from "../tf.ts";
import { constant, type Parameters, type Scope } from "../nn/parameters.ts";
import { CountedConv3d, CountedConv3dTranspose } from "./counted_layers.ts";
import { MednextBlock, MednextDownBlock, MednextUpBlock } from "./mednext_blocks.ts";

/** Sizes of MedNeXt. */
export interface MednextConfig {
  /** Channels of the finest level; each coarser one has twice as many. */
  readonly channels: number;
  /** Blocks of each level of the way down, finest first. */
  readonly encoderBlocks: readonly number[];
  readonly bottleneckBlocks: number;
  /** Blocks of each level of the way up, finest first. */
  readonly decoderBlocks: readonly number[];
}

/** MedNeXt-S: 5,980,514 parameters for one class. */
export const mednextSmall: MednextConfig = {
  channels: 32,
  encoderBlocks: [2, 2, 2, 2],
  bottleneckBlocks: 2,
  decoderBlocks: [2, 2, 2, 2],
};

/**
 * MedNeXt (Roy 2023) with kernel 5 and expansion 2: a U-Net of ConvNeXt-like blocks whose skips are
 * added; no deep supervision.
 */
export class Mednext {
  readonly #stem: CountedConv3d;
  readonly #encoder: readonly (readonly MednextBlock[])[];
  readonly #down: readonly MednextDownBlock[];
  readonly #bottleneck: readonly MednextBlock[];
  readonly #up: readonly MednextUpBlock[];
  readonly #decoder: readonly (readonly MednextBlock[])[];
  readonly #head: CountedConv3dTranspose;

  /** Creates the weights, by their published names, in `parameters`. */
  constructor(parameters: Parameters, config: MednextConfig, outputs: number) {
    const root = parameters.root();
    const width = (level: number) => config.channels * 2 ** level;
    const levels = config.encoderBlocks.map((_, level) => level);
    this.#stem = new CountedConv3d(root.child("stem"), {
      inputs: 1,
      outputs: config.channels,
      kernel: 1,
    });
    this.#encoder = levels.map((level) =>
      blocks(root.child(`enc_block_${level}`), config.encoderBlocks[level], width(level))
    );
    this.#down = levels.map((level) =>
      new MednextDownBlock(root.child(`down_${level}`), width(level))
    );
    this.#bottleneck = blocks(
      root.child("bottleneck"),
      config.bottleneckBlocks,
      width(levels.length),
    );
    this.#up = levels.map((level) =>
      new MednextUpBlock(root.child(`up_${level}`), width(level + 1))
    );
    this.#decoder = levels.map((level) =>
      blocks(root.child(`dec_block_${level}`), config.decoderBlocks[level], width(level))
    );
    // As published: a convolution of single voxels, written as a transposed one.
    this.#head = new CountedConv3dTranspose(root.child("out_0").child("conv_out"), {
      inputs: config.channels,
      outputs,
      kernel: 1,
    });
    root.weight("dummy_tensor", [1], constant(1)); // never used, but published and counted
  }

  /** Logits `[n, z, y, x, outputs]` of volumes `[n, z, y, x, 1]`, edges multiples of 16. */
  apply(image: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const skips: tf.Tensor5D[] = [];
      let features = this.#stem.apply(image);
      this.#down.forEach((down, level) => {
        const skip = applyAll(this.#encoder[level], features);
        skips.push(skip);
        features = down.apply(skip);
      });
      features = applyAll(this.#bottleneck, features);
      for (let level = skips.length - 1; level >= 0; level--) {
        const sum = this.#up[level].apply(features).add<tf.Tensor5D>(skips[level]);
        features = applyAll(this.#decoder[level], sum);
      }
      return this.#head.apply(features);
    });
  }
}

function blocks(scope: Scope, count: number, channels: number): MednextBlock[] {
  return Array.from(
    { length: count },
    (_, index) => new MednextBlock(scope.child(index), channels),
  );
}

function applyAll(blocks: readonly MednextBlock[], x: tf.Tensor5D): tf.Tensor5D {
  return blocks.reduce((features, block) => block.apply(features), x);
}
