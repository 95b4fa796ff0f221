import * as tf from "../tf.ts";
import type { CubeNetwork } from "../nn/cube_network.ts";
import { inference } from "../nn/parameters.ts";

/**
 * The logits of a region that `sampleRoi` has brought to a cube: C-order `[z, y, x, channel]`, for
 * `pasteRoi`. Inference; leaves no tensor behind.
 *
 * @throws {UserError} when the edge is not one of the network's
 */
export async function segmentRoi(
  network: CubeNetwork,
  roi: Float32Array,
  edge: number,
): Promise<Float32Array> {
  const logits = tf.tidy(() =>
    network.apply(tf.tensor5d(roi, [1, edge, edge, edge, 1]), inference)
  );
  try {
    return await logits.data() as Float32Array;
  } finally {
    logits.dispose();
  }
}
