import * as tf from "../tf.ts";
import { recordOp } from "../nn/macs.ts";
import type { Scope } from "../nn/parameters.ts";
import { standardize } from "../nn/standardize.ts";
import { CountedConv3d, CountedLayerNorm } from "./counted_layers.ts";
import { ExpertMixture } from "./expert_mixture.ts";
import { PatchMerging } from "./patch_merging.ts";
import { Perceptron } from "./perceptron.ts";
import { WindowAttention } from "./window_attention.ts";

/** Sizes of a {@linkcode SwinEncoder}. */
export interface SwinEncoderConfig {
  /** Channels of the first stage; each later one has twice as many. */
  readonly channels: number;
  /** Heads of each stage. */
  readonly heads: readonly number[];
  /** Edge of the attention's windows in voxels. */
  readonly window: number;
  readonly experts: number;
  /** How many of the last stages have experts in the place of a perceptron. */
  readonly expertStages: number;
}

const EPSILON = 1e-5;

/** The transformer half of SwinSMT: window attention on five grids, experts on the coarse ones. */
export class SwinEncoder {
  readonly #patches: CountedConv3d;
  readonly #stages: readonly SwinStage[];

  constructor(scope: Scope, config: SwinEncoderConfig) {
    const { channels, heads, window, experts, expertStages } = config;
    this.#patches = new CountedConv3d(scope.child("patch_embed").child("proj"), {
      inputs: 1,
      outputs: channels,
      kernel: 2,
      stride: 2,
    });
    this.#stages = heads.map((count, index) =>
      new SwinStage(scope.child(`layers${index + 1}`).child(0), {
        channels: channels * 2 ** index,
        heads: count,
        window,
        experts: index < heads.length - expertStages ? 0 : experts,
      })
    );
  }

  /**
   * The states after the patches and after each stage, finest first: `[n, z / 2^i, y / 2^i, x / 2^i,
   * 2^(i - 1) channels]` for i from 1, of volumes `[n, z, y, x, 1]`. They leave standardised over
   * their channels; the next stage works on them as they were.
   */
  apply(image: tf.Tensor5D): tf.Tensor5D[] {
    const states = [this.#patches.apply(image)];
    for (const stage of this.#stages) states.push(stage.apply(states.at(-1)!));
    return states.map(standardizeChannels);
  }
}

function standardizeChannels(x: tf.Tensor5D): tf.Tensor5D {
  recordOp("layerNorm", x.size);
  return standardize(x, [4], EPSILON);
}

/** Shape of a {@linkcode SwinStage} and its blocks. */
interface SwinStageOptions {
  readonly channels: number;
  readonly heads: number;
  readonly window: number;
  /** 0: a perceptron. */
  readonly experts: number;
}

/** A plain and a shifted block, then the grid is halved and the channels are doubled. */
class SwinStage {
  readonly #blocks: readonly SwinBlock[];
  readonly #merging: PatchMerging;

  constructor(scope: Scope, options: SwinStageOptions) {
    this.#blocks = [false, true].map((shifted, index) =>
      new SwinBlock(scope.child("blocks").child(index), options, shifted)
    );
    this.#merging = new PatchMerging(scope.child("downsample"), options.channels);
  }

  apply(x: tf.Tensor5D): tf.Tensor5D {
    return this.#merging.apply(this.#blocks.reduce((state, block) => block.apply(state), x));
  }
}

/** Attention within windows, then a perceptron or experts, each after a norm and with a residual. */
class SwinBlock {
  readonly #norm1: CountedLayerNorm;
  readonly #attention: WindowAttention;
  readonly #norm2: CountedLayerNorm;
  readonly #mlp: { apply(x: tf.Tensor5D): tf.Tensor };

  constructor(scope: Scope, options: SwinStageOptions, shifted: boolean) {
    const { channels, experts } = options;
    const mlp = scope.child("mlp");
    this.#norm1 = new CountedLayerNorm(scope.child("norm1"), channels);
    this.#attention = new WindowAttention(scope.child("attn"), { ...options, shifted });
    this.#norm2 = new CountedLayerNorm(scope.child("norm2"), channels);
    this.#mlp = experts === 0
      ? new Perceptron({ expand: mlp.child("linear1"), compress: mlp.child("linear2") }, {
        inputs: channels,
        hidden: 4 * channels,
        outputs: channels,
        kind: "linear",
      })
      : new ExpertMixture(mlp, { channels, experts });
  }

  apply(input: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const x = input.add<tf.Tensor5D>(this.#attention.apply(this.#norm1.apply(input)));
      return x.add(this.#mlp.apply(this.#norm2.apply(x)));
    });
  }
}
