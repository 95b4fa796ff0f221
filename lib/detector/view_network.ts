import type * as tf from "../tf.ts";
import type { Pass } from "../nn/parameters.ts";
import type { ViewBox } from "./fusion.ts";

/** The network of one view, whichever kind. */
export interface ViewNetwork {
  /**
   * @param pictures `[n, edge, edge, channels]`, values in 0 .. 1
   * @param mask silhouettes `[n, edge, edge, 1]` for networks that train with them; never used at
   *   inference
   * @returns what the loss compares with its target, and {@linkcode ViewNetwork.read} reads: boxes
   *   `[n, 4]` (centre x, centre y, width, height in 0 .. 1), or silhouette logits
   *   `[n, edge, edge, targets]`
   */
  apply(pictures: tf.Tensor4D, pass: Pass, mask?: tf.Tensor4D): tf.Tensor;

  /**
   * The boxes in a result of {@linkcode ViewNetwork.apply}: of each picture, one for each target.
   *
   * @param targets indices of those that are wanted, in the order of the result; all unless given
   */
  read(output: tf.Tensor, targets?: readonly number[]): Promise<ViewBox[][]>;

  /** What the learning rate of a parameter is multiplied by. */
  learningRateScale(parameterName: string): number;
}
