import * as tf from "../tf.ts";

/**
 * Runs tensor code to its end and frees what it made. A CPU has finished an op when the call
 * returns; a GPU has only when its result is read.
 */
export function finish(work: () => tf.Tensor | readonly tf.Tensor[]): void {
  tf.tidy(() => {
    const results = [work()].flat();
    if (tf.deviceName() !== "CPU") { for (const result of results) result.dataSync(); }
  });
}
