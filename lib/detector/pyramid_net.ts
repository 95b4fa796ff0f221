import * as tf from "../tf.ts";
import type { PyramidDetectorConfig } from "../config/config.ts";
import { UserError } from "../errors.ts";
import { GroupNorm } from "../nn/group_norm.ts";
import { Linear } from "../nn/linear.ts";
import type { Pass, Scope } from "../nn/parameters.ts";
import { resizeBilinear2d } from "../nn/resize2d.ts";
import { centerSizeToBox } from "./box_format.ts";
import { BoxHead } from "./box_head.ts";
import { DecoderStage } from "./decoder_stage.ts";
import { EncoderStage } from "./encoder_stage.ts";
import type { ViewBox } from "./fusion.ts";
import { MaskEmbedding } from "./mask_embedding.ts";
import { StagePosition } from "./position.ts";
import { ResNet } from "./resnet.ts";
import type { ViewNetwork } from "./view_network.ts";

/** Where the backbone's parameters are in a network's names. */
export const backbonePath = "backbone";

/** The backbone's finest map has a quarter of the picture's edge. */
const backboneStride = 4;

/** The maps of a {@linkcode PyramidNet}, each `[n, rows, columns, width]`. */
export interface PyramidFeatures {
  /** F_0 .. F_M, finest first. */
  readonly encoded: readonly tf.Tensor4D[];
  /** F'_M .. F'_0, coarsest first; F'_M is F_M. */
  readonly decoded: readonly tf.Tensor4D[];
}

/**
 * The paper's detector of one view (section 3.1, Fig. 2): backbone, encoder stages E_1 .. E_M, decoder
 * stages D_M .. D_1, box head.
 *
 * F_0 has a quarter of the picture's edge. The text says only that the backbone extracts it and that
 * DETR is modified for pyramidal features (its reference 32): here the backbone's four maps are
 * projected to one width and added from coarse to fine, as in that reference, so that the whole
 * pretrained backbone contributes.
 */
export class PyramidNet implements ViewNetwork {
  readonly #backbone: ResNet;
  readonly #laterals: readonly Lateral[];
  readonly #position: StagePosition;
  readonly #encoder: readonly EncoderStage[];
  /** D_M first. */
  readonly #decoder: readonly DecoderStage[];
  readonly #mask: MaskEmbedding;
  readonly #head: BoxHead;
  readonly #stageCount: number;
  readonly #edge: number;
  readonly #isPretrained: boolean;

  /** @param picture edge in pixels, a multiple of 2^(M + 2), and channels of the pictures */
  constructor(
    scope: Scope,
    config: PyramidDetectorConfig,
    { edge, channels }: { edge: number; channels: number },
  ) {
    const { width, stageCount } = config;
    checkEdge(edge, stageCount);
    this.#edge = edge;
    this.#isPretrained = config.backboneWeights !== "";
    this.#stageCount = stageCount;
    this.#backbone = new ResNet(scope.child(backbonePath), {
      name: config.backbone,
      inputs: channels,
      frozenStatistics: this.#isPretrained,
    });
    this.#laterals = this.#backbone.outputs.map((inputs, i) =>
      new Lateral(scope.child("lateral").child(i), inputs, width)
    );
    this.#position = new StagePosition(scope.child("position"), { stageCount, width });
    const stages = Array.from({ length: stageCount }, (_, i) => i + 1);
    this.#encoder = stages.map((stage) =>
      new EncoderStage(scope.child(`encoder${stage}`), stage, config)
    );
    this.#decoder = stages.toReversed().map((stage) =>
      new DecoderStage(scope.child(`decoder${stage}`), stage, stageCount, config)
    );
    this.#mask = new MaskEmbedding(scope.child("mask"), { width, dropRate: config.maskDropRate });
    const finest = edge / backboneStride;
    this.#head = new BoxHead(scope.child("head"), {
      width,
      shape: { rows: finest, columns: finest },
    });
  }

  /** Boxes `[n, 4]` from pictures of the edge that the constructor was told. */
  apply(pictures: tf.Tensor4D, pass: Pass, mask?: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => {
      const { decoded } = this.features(pictures, pass, mask);
      return this.#head.apply(decoded[this.#stageCount]);
    });
  }

  /** The maps from which {@linkcode apply} makes its boxes; arguments as there. */
  features(pictures: tf.Tensor4D, pass: Pass, mask?: tf.Tensor4D): PyramidFeatures {
    return tf.tidy(() => {
      if (pictures.shape[1] !== this.#edge || pictures.shape[2] !== this.#edge) {
        throw new RangeError(
          `pictures must be ${this.#edge} x ${this.#edge}, not ${
            pictures.shape.slice(1, 3).join(" x ")
          }`,
        );
      }
      const encoded = [this.#initialFeature(pictures, pass)]; // F_0 .. F_M
      for (const stage of this.#encoder) encoded.push(stage.apply(encoded, this.#position));
      const coarsest = encoded[this.#stageCount];
      const decoded = [coarsest]; // F'_M .. F'_0
      this.#decoder.forEach((stage, i) => {
        const skip = encoded[this.#stageCount - i];
        const partner = i === 0 ? this.#mask.apply(coarsest.shape, pass, mask) : skip;
        decoded.push(stage.apply({ decoded, partner, encoded: skip }, this.#position));
      });
      return { encoded, decoded };
    });
  }

  /** Regressed boxes tell nothing about their own trust: every confidence is 1. */
  async read(boxes: tf.Tensor): Promise<ViewBox[][]> {
    const values = await boxes.data();
    return Array.from({ length: boxes.shape[0] }, (_, i) => [{
      boxUnit: centerSizeToBox(values.subarray(4 * i, 4 * i + 4)),
      confidence: [1, 1],
    }]);
  }

  /** A tenth for a pretrained backbone (Carion 2020) and the sampling offsets (Zhu 2020, A.4). */
  learningRateScale(parameterName: string): number {
    const isSlow = parameterName.includes(".samplingOffsets.") ||
      this.#isPretrained && parameterName.startsWith(`${backbonePath}.`);
    return isSlow ? 0.1 : 1;
  }

  /** F_0. */
  #initialFeature(pictures: tf.Tensor4D, pass: Pass): tf.Tensor4D {
    const maps = this.#backbone.apply(pictures, pass)
      .map((map, i) => this.#laterals[i].apply(map));
    return maps.reduceRight((coarse, fine) =>
      resizeBilinear2d(coarse, [fine.shape[1], fine.shape[2]]).add(fine)
    );
  }
}

function checkEdge(edge: number, stageCount: number): void {
  const unit = backboneStride * 2 ** stageCount;
  if (edge % unit === 0) return;
  throw new UserError({
    what: "cannot build the pyramid detector",
    rule: `with ${stageCount} stages a picture's edge must be a multiple of ${unit} pixels`,
    seen: String(edge),
    remedy: "Change detector.view.edge or detector.network.stageCount",
  });
}

/** A point-wise convolution and GroupNorm (Zhu 2020, section A.4) of one of the backbone's maps. */
class Lateral {
  readonly #project: Linear;
  readonly #norm: GroupNorm;

  constructor(scope: Scope, inputs: number, width: number) {
    this.#project = new Linear(scope.child("project"), { inputs, outputs: width });
    this.#norm = new GroupNorm(scope.child("norm"), { channels: width, groups: width / 8 });
  }

  apply(map: tf.Tensor4D): tf.Tensor4D {
    return this.#norm.apply(this.#project.apply(map));
  }
}
