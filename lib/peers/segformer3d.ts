import * as tf from "../tf.ts";
import { recordLayer } from "../nn/layer_records.ts";
import { constant, normal, type Parameters, type Pass, type Scope } from "../nn/parameters.ts";
import { resizeTrilinear3d } from "../nn/resize3d.ts";
import {
  CountedBatchNorm,
  CountedConv3d,
  CountedLayerNorm,
  CountedLinear,
  countedRelu,
} from "./counted_layers.ts";
import { type InitialRule, RuledScope } from "./initial_values.ts";
import { SegformerBlock } from "./segformer_block.ts";

/** Sizes of SegFormer3D; lists have an entry for each of its stages, finest first. */
export interface Segformer3dConfig {
  readonly channels: readonly number[];
  readonly blocks: readonly number[];
  readonly heads: readonly number[];
  /** R of each stage's attention. */
  readonly reductions: readonly number[];
  readonly decoderChannels: number;
}

/** The published sizes: 4,491,809 parameters for one class. */
export const segformer3dConfig: Segformer3dConfig = {
  channels: [32, 64, 160, 256],
  blocks: [2, 2, 2, 2],
  heads: [1, 2, 5, 8],
  reductions: [4, 2, 1, 1],
  decoderChannels: 256,
};

/** Kernel, stride and padding of the convolution that begins a stage. */
const FIRST_PATCH = { kernel: 7, stride: 4, padding: 3 };
const PATCH = { kernel: 3, stride: 2, padding: 1 };

/**
 * SegFormer3D (Perera 2024): a pyramid of transformer stages, and a decoder of linear layers that
 * sees all of them on the finest stage's grid.
 */
export class Segformer3d {
  readonly #stages: readonly Stage[];
  readonly #decoder: Decoder;

  /** Creates the weights, by their published names, in `parameters`. */
  constructor(parameters: Parameters, config: Segformer3dConfig, outputs: number) {
    const root = new RuledScope(parameters, "", initialRule);
    const encoder = root.child("segformer_encoder");
    this.#stages = config.channels.map((_, index) => new Stage(encoder, config, index));
    this.#decoder = new Decoder(root.child("segformer_decoder"), config, outputs);
  }

  /**
   * Logits `[n, 4 Z, 4 Y, 4 X, outputs]` of volumes `[n, z, y, x, 1]`, where Z is z / 4 rounded up:
   * edges that are multiples of 4 are kept.
   */
  apply(image: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    return tf.tidy(() => {
      const features: tf.Tensor5D[] = [];
      for (const stage of this.#stages) {
        features.push(stage.apply(features.at(-1) ?? image, pass));
      }
      return this.#decoder.apply(features, pass);
    });
  }
}

/** As published; the truncation of linear weights, at 100 standard deviations, is never met. */
const initialRule: InitialRule = (name, shape) => {
  if (name === "bias") return constant(0);
  const [kernel, , , , outputs = 1] = shape;
  if (shape.length >= 4) return normal(Math.sqrt(2 / (kernel ** 3 * outputs)));
  return shape.length === 2 ? normal(0.02) : undefined;
};

/** Overlapping patches, then transformer blocks on their grid. */
class Stage {
  readonly #patches: CountedConv3d;
  readonly #patchNorm: CountedLayerNorm;
  readonly #blocks: readonly SegformerBlock[];
  readonly #norm: CountedLayerNorm;

  constructor(encoder: Scope, config: Segformer3dConfig, index: number) {
    const channels = config.channels[index];
    const number = index + 1;
    const embedding = encoder.child(`embed_${number}`);
    this.#patches = new CountedConv3d(embedding.child("patch_embeddings"), {
      inputs: index === 0 ? 1 : config.channels[index - 1],
      outputs: channels,
      ...(index === 0 ? FIRST_PATCH : PATCH),
    });
    this.#patchNorm = new CountedLayerNorm(embedding.child("norm"), channels);
    const blocks = encoder.child(`tf_block${number}`);
    const [heads, reduction] = [config.heads[index], config.reductions[index]];
    this.#blocks = Array.from(
      { length: config.blocks[index] },
      (_, block) => new SegformerBlock(blocks.child(block), { channels, heads, reduction }),
    );
    this.#norm = new CountedLayerNorm(encoder.child(`norm${number}`), channels);
  }

  apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    const patches = this.#patchNorm.apply(this.#patches.apply(x));
    const features = this.#blocks.reduce((tokens, block) => block.apply(tokens, pass), patches);
    return this.#norm.apply(features);
  }
}

/** Brings all features to one width and grid, and makes logits of them voxel by voxel. */
class Decoder {
  /** Finest stage first. */
  readonly #levels: readonly { readonly linear: CountedLinear; readonly norm: CountedLayerNorm }[];
  readonly #fuse: CountedConv3d;
  readonly #fuseNorm: CountedBatchNorm;
  readonly #head: CountedConv3d;

  constructor(scope: Scope, { channels, decoderChannels }: Segformer3dConfig, outputs: number) {
    this.#levels = channels.map((inputs, index) => {
      const level = scope.child(`linear_c${index + 1}`);
      return {
        linear: new CountedLinear(level.child("proj"), { inputs, outputs: decoderChannels }),
        norm: new CountedLayerNorm(level.child("bn"), decoderChannels),
      };
    });
    const fuse = scope.child("linear_fuse");
    this.#fuse = new CountedConv3d(fuse.child(0), {
      inputs: channels.length * decoderChannels,
      outputs: decoderChannels,
      kernel: 1,
      bias: false,
    });
    this.#fuseNorm = new CountedBatchNorm(fuse.child(1), decoderChannels);
    this.#head = new CountedConv3d(scope.child("linear_pred"), {
      inputs: decoderChannels,
      outputs,
      kernel: 1,
    });
  }

  /** @param features of the stages, finest first */
  apply(features: readonly tf.Tensor5D[], pass: Pass): tf.Tensor5D {
    const [, depth, height, width] = features[0].shape;
    const levels = features.map((feature, index) => {
      const { linear, norm } = this.#levels[index];
      const mapped = norm.apply(linear.apply(feature));
      return index === 0 ? mapped : resizeTrilinear3d(mapped, [depth, height, width]);
    });
    const fused = this.#fuseNorm.apply(this.#fuse.apply(tf.concat(levels.toReversed(), 4)), pass);
    const coarse = this.#head.apply(countedRelu(fused));
    const logits = resizeTrilinear3d(coarse, [4 * depth, 4 * height, 4 * width]);
    recordLayer("resizing", logits.size); // a layer around a function: counters see both
    return logits;
  }
}
