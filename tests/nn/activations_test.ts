import { assertAlmostEquals, assertEquals } from "@std/assert";
import { gelu } from "../../lib/nn/gelu.ts";
import { softmax } from "../../lib/nn/softmax.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, uniform } from "../tensors.ts";
import { testEachWay } from "./each_way.ts";

/** The normal distribution by Simpson's rule from 0. */
function phi(x: number): number {
  const density = (t: number) => Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI);
  const steps = 400;
  const h = x / steps;
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i * h);
  return 0.5 + sum * h / 3;
}

testEachWay("gelu is x Phi(x), not its tanh approximation", () => {
  const xs = Float32Array.from({ length: 121 }, (_, i) => (i - 60) / 10);
  const values = gelu(tf.tensor1d(xs)).dataSync();
  xs.forEach((x, i) => assertAlmostEquals(values[i], x * phi(x), 1e-6));
});

testEachWay("the gradient of gelu is Phi(x) + x phi(x), and finite far out", () => {
  const xs = Float32Array.from([-100, -6, -2.5, -1, -0.1, 0, 0.3, 1.7, 4, 100]);
  const slopes = tf.grad((x) => gelu(x).sum())(tf.tensor1d(xs)).dataSync();
  xs.forEach((x, i) => {
    const cumulative = Math.abs(x) < 10 ? phi(x) : Number(x > 0);
    const density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    assertAlmostEquals(slopes[i], cumulative + x * density, 1e-6);
  });
});

testEachWay("softmax and its gradient equal exp over its sum", () => {
  const random = new Random("softmax");
  const logits = uniform(random, [2, 3, 5], -3, 3);
  const weights = uniform(random, [2, 3, 5]);
  const exact = logits.exp().div(logits.exp().sum(-1, true));
  assertClose(softmax(logits), exact, 1e-6, "softmax");
  assertGradients((x) => softmax(x).mul(weights).sum(), [logits]);
});

testEachWay("a saturated softmax has no gradient at all", () => {
  const logits = uniform(new Random("saturated"), [64, 8], -1e5, 1e5);
  const weights = uniform(new Random("weights"), [64, 8]);
  const slope = tf.grad((x) => softmax(x).mul(weights).sum())(logits);
  assertEquals(slope.abs().max().dataSync()[0], 0);
});
