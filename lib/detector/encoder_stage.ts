import * as tf from "../tf.ts";
import type { Scope } from "../nn/parameters.ts";
import { FeedForward } from "./feed_forward.ts";
import { asPixels, type AttentionSizes, PyramidAttention } from "./pyramid_attention.ts";
import type { StagePosition } from "./position.ts";
import { SeparableConv } from "./separable_conv.ts";

/** Sizes that the stages of the pyramid detector share. */
export interface StageSizes extends AttentionSizes {
  readonly feedForwardWidth: number;
}

/**
 * The encoder stage E_i (Fig. 2b): halves F_(i-1), then lets each pixel of the result attend to the
 * pyramid built so far: F_0 .. F_(i-1) and the result itself. A feed-forward part follows.
 *
 * The text leaves open what the keys are; "multi-scale", "pyramidal" and the stage embedding make
 * sense only if they come from several stages.
 */
export class EncoderStage {
  readonly #stage: number;
  readonly #downsample: SeparableConv;
  readonly #attention: PyramidAttention;
  readonly #feedForward: FeedForward;

  /** @param stage i, from 1 on */
  constructor(scope: Scope, stage: number, sizes: StageSizes) {
    this.#stage = stage;
    this.#downsample = new SeparableConv(scope.child("downsample"), {
      width: sizes.width,
      stride: 2,
    });
    this.#attention = new PyramidAttention(scope.child("self"), sizes, stage + 1);
    this.#feedForward = new FeedForward(scope.child("feedForward"), {
      width: sizes.width,
      hidden: sizes.feedForwardWidth,
    });
  }

  /**
   * @param pyramid F_0 .. F_(i-1), each `[n, rows, columns, width]`
   * @returns F_i, half the edges of F_(i-1)
   */
  apply(pyramid: readonly tf.Tensor4D[], position: StagePosition): tf.Tensor4D {
    return tf.tidy(() => {
      const halved = this.#downsample.apply(pyramid[pyramid.length - 1]);
      const [, rows, columns] = halved.shape;
      const place = position.of(this.#stage, { rows, columns });
      const attended = this.#attention.apply(halved, place, [...pyramid, halved]);
      return this.#feedForward.apply(asPixels(attended)).reshape(halved.shape);
    });
  }
}
