import * as tf from "../tf.ts";
import { Linear } from "../nn/linear.ts";
import type { Scope } from "../nn/parameters.ts";
import { resizeBilinear2d } from "../nn/resize2d.ts";
import type { StageSizes } from "./encoder_stage.ts";
import { FeedForward } from "./feed_forward.ts";
import { asPixels, PyramidAttention } from "./pyramid_attention.ts";
import type { StagePosition } from "./position.ts";
import { SeparableConv } from "./separable_conv.ts";

/** What a decoder stage works with; maps are `[n, rows, columns, width]`. */
export interface DecoderInput {
  /** F'_M .. F'_j, coarsest first. */
  readonly decoded: readonly tf.Tensor4D[];
  /** What is concatenated with F'_j, of its shape: F_j, or in D_M the embedded mask. */
  readonly partner: tf.Tensor4D;
  /** F_j. */
  readonly encoded: tf.Tensor4D;
}

/**
 * The decoder stage D_j (Fig. 2c): concatenates F'_j with its partner, lets each pixel attend to the
 * decoder's own pyramid F'_M .. F'_j, then to the encoder's feature F_j of the same stage (query from
 * the first attention, keys and values from the skip connection), then doubles the edges.
 *
 * Where the text contradicts itself: it says that D_n makes F'_(n-1), and in Eq. 1 that D_j makes
 * F'_j of F'_(j+1) and F_j, which do not have one size. Here D_j makes F'_(j-1) of F'_j and F_j, which
 * do, and which starts from F'_M = F_M as the text says.
 */
export class DecoderStage {
  readonly #stage: number;
  readonly #merge: Linear;
  readonly #self: PyramidAttention;
  readonly #cross: PyramidAttention;
  readonly #feedForward: FeedForward;
  readonly #upsample: SeparableConv;

  /**
   * @param stage j, from 1 on
   * @param stageCount M
   */
  constructor(scope: Scope, stage: number, stageCount: number, sizes: StageSizes) {
    const { width, feedForwardWidth } = sizes;
    this.#stage = stage;
    this.#merge = new Linear(scope.child("merge"), { inputs: 2 * width, outputs: width });
    this.#self = new PyramidAttention(scope.child("self"), sizes, stageCount - stage + 1);
    this.#cross = new PyramidAttention(scope.child("cross"), sizes, 1);
    this.#feedForward = new FeedForward(scope.child("feedForward"), {
      width,
      hidden: feedForwardWidth,
    });
    this.#upsample = new SeparableConv(scope.child("upsample"), { width, stride: 1 });
  }

  /** Returns F'_(j-1), twice the edges of F'_j. */
  apply({ decoded, partner, encoded }: DecoderInput, position: StagePosition): tf.Tensor4D {
    return tf.tidy(() => {
      const [, rows, columns] = encoded.shape;
      const place = position.of(this.#stage, { rows, columns });
      const merged = this.#merge.apply(tf.concat([decoded[decoded.length - 1], partner], 3));
      const own = this.#self.apply(merged, place, [...decoded.slice(0, -1), merged]);
      const crossed = this.#cross.apply(own, place, [encoded]);
      const refined = this.#feedForward.apply(asPixels(crossed)).reshape<tf.Tensor4D>(
        encoded.shape,
      );
      return this.#upsample.apply(resizeBilinear2d(refined, [2 * rows, 2 * columns]));
    });
  }
}
