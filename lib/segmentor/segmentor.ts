import * as tf from "../tf.ts";
import type { SegmentorConfig } from "../config/config.ts";
import type { Conv3d } from "../nn/conv3d.ts";
import type { Conv3dTranspose } from "../nn/conv3d_transpose.ts";
import type { CubeNetwork } from "../nn/cube_network.ts";
import { dropout } from "../nn/dropout.ts";
import { constant, type Parameters, type Pass } from "../nn/parameters.ts";
import { DecoderLevel, exitGate } from "./decoder.ts";
import { EncoderLevel, entryGate } from "./encoder.ts";
import { imageChannels, type Level, segmentorLevels } from "./levels.ts";
import { FineLevel } from "./fine_level.ts";
import { stageForEdge } from "./stage_rule.ts";

/**
 * The paper's segmentor (section 3.2): a hierarchy of refine blocks in which a small input skips
 * the fine stages. Gates connect the image to the first stage that runs and that stage's result to
 * the logits; one set of weights serves all input sizes. Ours can have a {@linkcode FineLevel} on
 * top, which runs for every size. 1,771,589 parameters at the paper's
 * widths, of which 1,770,363, 1,734,985 and 1,495,561 run for cubes of 64, 32 and 16.
 */
export class Segmentor implements CubeNetwork {
  /** Channels of the logits: 1 for one class, else the classes and background as channel 0. */
  readonly outputs: number;
  readonly config: SegmentorConfig;
  readonly #parameters: Parameters;
  readonly #encoder: readonly EncoderLevel[];
  readonly #decoder: readonly DecoderLevel[];
  /** By stage; stage 1 has none. */
  readonly #entryGates = new Map<number, Conv3d>();
  readonly #exitGates = new Map<number, Conv3dTranspose>();
  readonly #position: tf.Variable;
  readonly #fine: FineLevel | null;

  /**
   * Creates the weights in `parameters`, which must hold nothing of these names.
   *
   * @throws {UserError} when the configuration contradicts itself
   */
  constructor(parameters: Parameters, config: SegmentorConfig, classCount: number) {
    const levels = segmentorLevels(config);
    const [encoder, decoder] = [
      parameters.root().child("encoder"),
      parameters.root().child("decoder"),
    ];
    this.outputs = classCount === 1 ? 1 : classCount + 1;
    this.config = config;
    this.#parameters = parameters;
    this.#encoder = levels.map((level) => new EncoderLevel(encoder.child(levelName(level)), level));
    this.#decoder = levels.map((level) => {
      const first = level.index === 0;
      return new DecoderLevel(
        decoder.child(levelName(level)),
        level,
        first ? this.outputs : level.inputs,
        !first || config.normalizeLogits,
      );
    });
    for (let stage = 2; stage <= config.stageCount; stage++) {
      const level = levels[stage - 1];
      this.#entryGates.set(
        stage,
        entryGate(encoder.child(gateName(stage)), level, imageChannels(config)),
      );
      this.#exitGates.set(stage, exitGate(decoder.child(gateName(stage)), level, this.outputs));
    }
    const { gridEdge, channels } = levels[levels.length - 1];
    this.#position = encoder.weight("position", [gridEdge ** 3, channels], constant(0));
    const { fineWidth } = config;
    this.#fine = fineWidth > 0
      ? new FineLevel(parameters.root().child("fine"), fineWidth, this.outputs)
      : null;
  }

  /**
   * Logits `[n, z, y, x, outputs]` of cubes `[n, z, y, x, 1]` with intensities in [0, 1]. Only the
   * stages from {@linkcode stageForEdge} on are touched.
   *
   * @throws {UserError} when the edge is not legal
   */
  apply(image: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    return tf.tidy(() => {
      const [, depth, height, width] = image.shape;
      if (depth !== height || height !== width) {
        throw new Error(`the segmentor's input must be a cube, not ${width}x${height}x${depth}`);
      }
      const stage = this.stageOf(depth);
      const stages = (seen: tf.Tensor5D) => {
        const { features, skips } = this.#encode(seen, stage, pass);
        return this.#decode(this.#bottleneck(features, pass), skips, stage, pass);
      };
      return this.#fine?.apply(image, stages) ?? stages(image);
    });
  }

  /** Names of the trainable parameters that an input of this edge uses. */
  activeNames(edge: number): string[] {
    const stage = stageForEdge(edge, this.config);
    const parts = [gateName(stage), "position", "features", "correction"];
    for (let index = stage - 1; index < this.#encoder.length; index++) parts.push(`level${index}`);
    return this.#parameters.names("trainable").filter((name) => parts.includes(name.split(".")[1]));
  }

  /** As of {@linkcode stageForEdge}. */
  stageOf(edge: number): number {
    return stageForEdge(edge, this.config);
  }

  #encode(image: tf.Tensor5D, stage: number, pass: Pass) {
    const skips: tf.Tensor5D[] = [];
    let features = this.#entryGates.get(stage)?.apply(image) ?? image;
    for (const level of this.#encoder.slice(stage - 1)) {
      features = level.apply(features, pass);
      skips.push(features);
    }
    skips.pop(); // the coarsest level's features go on themselves
    return { features, skips };
  }

  /** Adds the learned position of each of the coarsest voxels. */
  #bottleneck(features: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    const [n, , , , channels] = features.shape;
    const tokens = features.reshape([n, -1, channels]).add(this.#position);
    const kept = dropout(tokens, this.config.dropout, pass);
    if (!this.config.rereadBottleneck) return kept.reshape(features.shape);
    // As published: the buffer of [token, channel] is taken for [channel, voxel].
    return kept.reshape([n, channels, -1]).transpose([0, 2, 1]).reshape(features.shape);
  }

  #decode(
    bottleneck: tf.Tensor5D,
    skips: tf.Tensor5D[],
    stage: number,
    pass: Pass,
  ): tf.Tensor5D {
    let features = bottleneck;
    for (let index = this.#decoder.length - 1; index >= stage - 1; index--) {
      features = this.#decoder[index].apply(features, pass);
      const skip = skips.pop();
      if (skip) features = features.add(skip);
    }
    return this.#exitGates.get(stage)?.apply(features) ?? features;
  }
}

function levelName(level: Level): string {
  return `level${level.index}`;
}

function gateName(stage: number): string {
  return `gate${stage}`;
}
