import * as tf from "../tf.ts";
import type { Pass } from "./parameters.ts";

/**
 * While training, sets each element to 0 with probability `rate` and divides the others by
 * `1 - rate`; otherwise returns `x` unchanged. The choice comes from `pass.random` alone.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, pass: Pass): T {
  if (!pass.training || rate === 0) return x;
  const { random } = pass;
  if (!random) throw new Error("a training pass with dropout needs a generator");
  const factors = Float32Array.from(
    { length: x.size },
    () => random.chance(rate) ? 0 : 1 / (1 - rate),
  );
  return x.mul(tf.tensor(factors, x.shape));
}
