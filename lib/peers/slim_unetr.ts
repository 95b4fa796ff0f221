import * as tf from "../tf.ts";
import { dropout } from "../nn/dropout.ts";
import type { LayerRecord } from "../nn/layer_records.ts";
import { constant, type Parameters, type Pass } from "../nn/parameters.ts";
import { DecoderLevel } from "../segmentor/decoder.ts";
import { EncoderLevel } from "../segmentor/encoder.ts";
import { levelLayers } from "../segmentor/level_layers.ts";
import type { Level } from "../segmentor/levels.ts";

/** Sizes of Slim UNETR; lists have an entry for each of its levels, finest first. */
export interface SlimUnetrConfig {
  readonly channels: readonly number[];
  readonly blocks: readonly number[];
  readonly heads: readonly number[];
  /** r of each level's attention. */
  readonly strides: readonly number[];
  /** Share of the bottleneck that a training pass drops. */
  readonly dropout: number;
}

/** The published sizes: 1,775,739 parameters for one class and a cube of 128. */
export const slimUnetrConfig: SlimUnetrConfig = {
  channels: [24, 48, 60, 96],
  blocks: [1, 2, 3, 2],
  heads: [1, 2, 4, 4],
  strides: [4, 2, 2, 1],
  dropout: 0.3,
};

const FIRST_KERNEL = 4;
const KERNEL = 2;

/** Slim UNETR (Pang 2023): the network for whole volumes from which the paper's segmentor comes. */
export class SlimUnetr {
  readonly #encoder: readonly EncoderLevel[];
  readonly #decoder: readonly DecoderLevel[];
  readonly #position: tf.Variable;
  readonly #dropout: number;

  /**
   * Creates the weights in `parameters`. Its table of positions ties a network to the number of
   * tokens in the bottleneck, which is the voxels of its input / 32^3.
   */
  constructor(parameters: Parameters, config: SlimUnetrConfig, outputs: number, tokens: number) {
    const [encoder, decoder] = [
      parameters.root().child("encoder"),
      parameters.root().child("decoder"),
    ];
    const levels = slimUnetrLevels(config);
    this.#encoder = levels.map((level, index) =>
      new EncoderLevel(encoder.child(`level${index}`), level)
    );
    this.#decoder = levels.map((level, index) => {
      const finer = index === 0 ? outputs : level.inputs;
      return new DecoderLevel(decoder.child(`level${index}`), level, finer, true);
    });
    const channels = config.channels.at(-1)!;
    this.#position = encoder.weight("position", [tokens, channels], constant(0));
    this.#dropout = config.dropout;
  }

  /** Logits `[n, z, y, x, outputs]` of volumes `[n, z, y, x, 1]`, edges multiples of 32. */
  apply(image: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    return tf.tidy(() => {
      const skips: tf.Tensor5D[] = [];
      for (const level of this.#encoder) skips.push(level.apply(skips.at(-1) ?? image, pass));
      let features = this.#bottleneck(skips.pop()!, pass);
      for (const level of this.#decoder.toReversed()) {
        features = level.apply(features, pass);
        const skip = skips.pop();
        if (skip) features = features.add(skip);
      }
      return features;
    });
  }

  #bottleneck(features: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    const [n, , , , channels] = features.shape;
    const tokens = features.reshape([n, -1, channels]).add(this.#position);
    // As published: the buffer of [token, channel] is taken for [channel, voxel].
    return dropout(tokens, this.#dropout, pass)
      .reshape([n, channels, -1]).transpose([0, 2, 1]).reshape(features.shape);
  }
}

/** The layers that a cube of this edge passes, as `traceLayers` would tell them of other networks. */
export function slimUnetrLayers(
  config: SlimUnetrConfig,
  edge: number,
  outputs: number,
): LayerRecord[] {
  return slimUnetrLevels(config, edge).flatMap((level) =>
    levelLayers(level, level.index === 0 ? outputs : level.inputs, true)
  );
}

/** The levels, finest first, in the terms of the segmentor's. */
function slimUnetrLevels(
  { channels, blocks, heads, strides }: SlimUnetrConfig,
  edge = NaN, // volumes of any shape
): Level[] {
  return channels.map((width, index): Level => ({
    index,
    inputs: index === 0 ? 1 : channels[index - 1],
    channels: width,
    kernel: index === 0 ? FIRST_KERNEL : KERNEL,
    blocks: blocks[index],
    heads: heads[index],
    stride: strides[index],
    gridEdge: edge / (FIRST_KERNEL * KERNEL ** index),
  }));
}
