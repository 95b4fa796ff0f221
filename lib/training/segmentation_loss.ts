import * as tf from "../tf.ts";
import { softDiceLoss } from "./dice_loss.ts";
import type { LossParts } from "./loss_parts.ts";

/**
 * Soft Dice plus cross-entropy, as parts `dice` and `crossEntropy` (Isensee 2021, nnU-Net).
 *
 * One channel: sigmoid. Several: softmax, where channel 0 is the background, which counts in the
 * cross-entropy but not in the Dice. Finite for every finite logit and for empty targets.
 *
 * @param logits [n, ..., c] of any rank: a volume or a picture
 * @param target the same shape: shares in [0, 1], which sum to 1 over several channels
 */
export function diceCrossEntropyLoss(logits: tf.Tensor, target: tf.Tensor): LossParts {
  return tf.tidy(() => {
    if (tf.hasNativeOps()) {
      const [dice, crossEntropy] = nativeOverlapLoss(logits, target, false);
      return { dice, crossEntropy };
    }
    if (isBinary(logits)) {
      return {
        dice: softDiceLoss(tf.sigmoid(logits), target),
        crossEntropy: sigmoidCrossEntropy(logits, target).mean() as tf.Scalar,
      };
    }
    const logProbabilities = tf.logSoftmax(logits);
    return {
      dice: softDiceLoss(tf.exp(logProbabilities), target, 1),
      crossEntropy: meanOverVoxels(tf.mul(logProbabilities, target).neg()),
    };
  });
}

/**
 * Soft Dice plus focal loss with gamma = 2 (Lin 2017), as parts `dice` and `focal`.
 *
 * For soft targets the factor (1 - p)^2 is |t - p|^2 (Li 2020, quality focal loss), which is the
 * same for targets 0 and 1 and keeps the minimum at p = t. Arguments and channels as in
 * {@linkcode diceCrossEntropyLoss}.
 */
export function diceFocalLoss(logits: tf.Tensor, target: tf.Tensor): LossParts {
  return tf.tidy(() => {
    if (tf.hasNativeOps()) {
      const [dice, focal] = nativeOverlapLoss(logits, target, true);
      return { dice, focal };
    }
    if (isBinary(logits)) {
      const probabilities = tf.sigmoid(logits);
      const factor = tf.squaredDifference(probabilities, target);
      return {
        dice: softDiceLoss(probabilities, target),
        focal: factor.mul(sigmoidCrossEntropy(logits, target)).mean() as tf.Scalar,
      };
    }
    const logProbabilities = tf.logSoftmax(logits);
    const probabilities = tf.exp(logProbabilities);
    const factor = tf.squaredDifference(probabilities, target);
    return {
      dice: softDiceLoss(probabilities, target, 1),
      focal: meanOverVoxels(factor.mul(logProbabilities).mul(target).neg()),
    };
  });
}

/**
 * {@linkcode diceCrossEntropyLoss} of silhouettes, which overlap: each is a picture of one class.
 *
 * @param logits [n, rows, columns, targets]
 * @param target the same shape: shares in [0, 1]
 */
export function silhouetteLoss(logits: tf.Tensor, target: tf.Tensor): LossParts {
  return tf.tidy(() => {
    const apart = (x: tf.Tensor): tf.Tensor => {
      const [n, rows, columns, targets] = x.shape;
      if (targets === 1) return x;
      return x.transpose([0, 3, 1, 2]).reshape([n * targets, rows, columns, 1]);
    };
    return diceCrossEntropyLoss(apart(logits), apart(target));
  });
}

/**
 * Both parts of a loss by our own op (lib/nn/native/overlap_loss_ops.h). A gradient is of one
 * result, so that the two come as one and are taken apart.
 */
function nativeOverlapLoss(
  logits: tf.Tensor,
  target: tf.Tensor,
  focal: boolean,
): [tf.Scalar, tf.Scalar] {
  const attributes = { focal: tf.attr.bool(focal) };
  const op = tf.customGrad((...args) => {
    const [logits, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const [dice, entropy, sums] = tf.rawOps("RoisegOverlapLoss", attributes, [logits, target], 3);
    save([logits, target, sums]);
    return {
      value: tf.stack([dice, entropy]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.rawOp("RoisegOverlapLossBack", attributes, [...saved, ...tf.unstack(dy)]),
    };
  });
  return tf.unstack(op(logits)) as [tf.Scalar, tf.Scalar];
}

function isBinary(logits: tf.Tensor): boolean {
  return logits.shape.at(-1) === 1;
}

/** -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)) = softplus(x) - x t, without the logarithms. */
function sigmoidCrossEntropy(logits: tf.Tensor, target: tf.Tensor): tf.Tensor {
  return tf.softplus(logits).sub(logits.mul(target));
}

/** Mean over samples and voxels of the sum over channels. */
function meanOverVoxels(perChannel: tf.Tensor): tf.Scalar {
  return perChannel.mean().mul(perChannel.shape.at(-1) ?? 1) as tf.Scalar;
}
