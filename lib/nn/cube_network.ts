import type * as tf from "../tf.ts";
import type { Pass } from "./parameters.ts";

/** A network that makes logits of the voxels of a cube: the paper's segmentor, or a peer of it. */
export interface CubeNetwork {
  /** Channels of the logits: 1 for one class, else the classes and background as channel 0. */
  readonly outputs: number;

  /**
   * Logits `[n, z, y, x, outputs]` of cubes `[n, z, y, x, 1]` with intensities in [0, 1].
   *
   * @throws {UserError} when the edge is not legal
   */
  apply(image: tf.Tensor5D, pass: Pass): tf.Tensor5D;

  /** Names of the trainable parameters that an input of this edge uses. */
  activeNames(edge: number): string[];

  /** The stage 1 .. N at which a cube of this edge enters; NaN for a network without stages. */
  stageOf(edge: number): number;
}
