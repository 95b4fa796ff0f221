import type * as tf from "../tf.ts";
import type { PhaseConfig } from "../config/config.ts";
import { boxLoss } from "./box_loss.ts";
import { diceCrossEntropyLoss, diceFocalLoss, silhouetteLoss } from "./segmentation_loss.ts";

/** The named terms of a loss, weighted already: the loss is their sum. */
export type LossParts = Readonly<Record<string, tf.Scalar>>;

/** A loss of a prediction against a target of the same shape. */
export type Loss = (prediction: tf.Tensor, target: tf.Tensor) => LossParts;

/** The losses by their names in the configuration. */
export const losses: Readonly<Record<PhaseConfig["loss"], Loss>> = {
  diceCrossEntropy: diceCrossEntropyLoss,
  diceFocal: diceFocalLoss,
  boxL1Giou: (prediction, target) => boxLoss(prediction as tf.Tensor2D, target as tf.Tensor2D),
  silhouette: silhouetteLoss,
};
