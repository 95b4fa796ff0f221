import { assertEquals } from "@std/assert";
import * as tf from "../lib/tf.ts";
import { Random } from "../lib/random.ts";

/** A tensor of uniform numbers in [low, high). */
export function uniform<R extends tf.Rank>(
  random: Random,
  shape: tf.ShapeMap[R],
  low = -1,
  high = 1,
): tf.Tensor<R> {
  const size = (shape as number[]).reduce((product, edge) => product * edge, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => random.uniform(low, high)), shape);
}

/** Largest |a - b| / max(1, |b|); the shapes must agree. */
export function largestError(actual: tf.Tensor, expected: tf.Tensor): number {
  assertEquals(actual.shape, expected.shape);
  return tf.tidy(() =>
    actual.sub(expected).abs().div(expected.abs().maximum(1)).max().dataSync()[0]
  );
}

/** Fails when {@linkcode largestError} is above `limit`, naming what. */
export function assertClose(
  actual: tf.Tensor,
  expected: tf.Tensor,
  limit: number,
  name: string,
): void {
  const error = largestError(actual, expected);
  if (!(error <= limit)) throw new Error(`${name} is off by ${error}, more than ${limit}`);
}

/**
 * Compares the gradients of a scalar function with central differences along random directions.
 *
 * @param f a smooth function near `inputs`
 */
export function assertGradients(
  f: (...inputs: tf.Tensor[]) => tf.Scalar,
  inputs: tf.Tensor[],
  { step = 1e-2, limit = 1e-2, seed = "directions" } = {},
): void {
  const random = new Random(seed);
  tf.tidy(() => {
    const gradients = tf.grads((...xs) => f(...xs))(inputs);
    inputs.forEach((input, i) => {
      const direction = uniform(random, input.shape as [number]);
      const at = (distance: number): number => {
        const moved = inputs.map((x, j) => j === i ? x.add(direction.mul(distance)) : x);
        return f(...moved).dataSync()[0];
      };
      const numeric = (at(step) - at(-step)) / (2 * step);
      const analytic = gradients[i].mul(direction).sum().dataSync()[0];
      if (Math.abs(numeric) < 2 * limit) {
        throw new Error(`a slope of ${numeric} at input ${i} is too small to tell from none`);
      }
      if (!(Math.abs(numeric - analytic) <= limit * Math.max(1, Math.abs(numeric)))) {
        throw new Error(`gradient of input ${i}: ${analytic}, but by differences ${numeric}`);
      }
    });
  });
}

/** Runs `run` and fails when it leaves tensors behind. */
export async function assertNoLeak(run: () => void | Promise<void>): Promise<void> {
  const before = tf.memory().numTensors;
  await run();
  assertEquals(tf.memory().numTensors, before);
}
