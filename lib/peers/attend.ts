import type * as tf from "../tf.ts";
import { recordOp } from "../nn/macs.ts";
import { batchMatMul } from "../nn/mat_mul.ts";
import { softmax } from "../nn/softmax.ts";

/**
 * Scaled dot-product attention (Vaswani 2017): `softmax(query key' / sqrt(width)) value`.
 *
 * @param query `[..., queries, width]`
 * @param key `[..., keys, width]`, as `value`
 * @param weigh logits `[..., queries, keys]` to weights that sum to 1; the softmax by default
 * @returns `[..., queries, width]`
 */
export function attend<T extends tf.Tensor>(
  query: T,
  key: T,
  value: T,
  weigh: (logits: T) => T = softmax,
): T {
  const [keys, width] = key.shape.slice(-2);
  const weights = weigh(batchMatMul(query.mul<T>(1 / Math.sqrt(width)), key, true));
  const mixed = batchMatMul(weights, value);
  recordOp("attention", weights.size, weights.size * width);
  recordOp("attention", mixed.size, mixed.size * keys);
  return mixed;
}
