import * as tf from "../tf.ts";
import { constant, type Scope } from "../nn/parameters.ts";
import { ThinConv3d } from "../nn/thin_conv3d.ts";

/** Kernel of the fine level's convolutions. */
export const FINE_KERNEL = 3;

// About what windowed images in [0, 1] and logits have, so that each comes in with mean 0 and
// deviation 1. Without it the level gains nothing (data/results/README.md, "The fine level").
const IMAGE_MEAN = 0.3;
const IMAGE_DEVIATION = 0.25;
const LOGIT_DEVIATION = 3;

/**
 * A level at the image's own resolution, which the paper's network lacks: its finest features have a
 * quarter of the image's edge, or half of it behind a gate. Features of the image take the image's
 * place before the stages; after them a convolution of image, features and logits corrects these. But
 * for its bias the correction starts at zero.
 */
export class FineLevel {
  readonly #features: ThinConv3d;
  readonly #correction: ThinConv3d;

  /** @param outputs channels of the logits */
  constructor(scope: Scope, width: number, outputs: number) {
    this.#features = new ThinConv3d(scope.child("features"), {
      inputs: 1,
      outputs: width,
      rectified: true,
    });
    this.#correction = new ThinConv3d(scope.child("correction"), {
      inputs: correctionInputs(width, outputs),
      outputs,
      rectified: false,
      initialize: constant(0),
    });
  }

  /**
   * The corrected logits of an image `[n, z, y, x, 1]` in [0, 1].
   *
   * @param stages make of features `[n, z, y, x, width]` the logits `[n, z, y, x, outputs]`
   */
  apply(image: tf.Tensor5D, stages: (features: tf.Tensor5D) => tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const standard = image.sub(IMAGE_MEAN).div(IMAGE_DEVIATION) as tf.Tensor5D;
      const features = this.#features.apply(standard);
      const logits = stages(features);
      const parts = [standard, logits.div(LOGIT_DEVIATION) as tf.Tensor5D, features];
      return logits.add(this.#correction.apply(parts));
    });
  }
}

/** Channels of the image, the logits and the features. */
export function correctionInputs(width: number, outputs: number): number {
  return 1 + outputs + width;
}
