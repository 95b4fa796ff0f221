import { assertAlmostEquals } from "@std/assert";
import * as tf from "../../lib/tf.ts";

/** Compares the gradient of a scalar function with central differences at every value. */
export function assertGradient(
  run: (x: tf.Tensor) => tf.Scalar,
  values: readonly number[],
  shape: readonly number[],
  { step = 1e-2, tolerance = 2e-3 } = {},
): void {
  const analytic = tf.tidy(() =>
    tf.grad((x) => run(x))(tf.tensor([...values], [...shape])).dataSync()
  );
  const at = (index: number, delta: number) =>
    tf.tidy(() => {
      const moved = values.map((value, i) => i === index ? value + delta : value);
      return run(tf.tensor(moved, [...shape])).dataSync()[0];
    });
  values.forEach((_, i) => {
    const numeric = (at(i, step) - at(i, -step)) / (2 * step);
    assertAlmostEquals(analytic[i], numeric, tolerance, `derivative ${i}`);
  });
}
