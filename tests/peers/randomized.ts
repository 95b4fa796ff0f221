import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, uniform } from "../tensors.ts";

/** Sets every parameter to seeded uniform numbers, norms, biases and tables too. */
export function randomize(parameters: Parameters, { spread = 0.6 } = {}): void {
  const random = new Random("randomized");
  for (const name of parameters.names()) {
    const variable = parameters.get(name);
    const isPositive = /scale|ariance|gamma/.test(name);
    const [low, high] = isPositive ? [0.5, 1.5] : [-spread, spread];
    const values = uniform(random, variable.shape as [number], low, high);
    variable.assign(values);
    values.dispose();
  }
}

/** A seeded volume `[n, z, y, x, c]` in [-1, 1). */
export function volume(...shape: [number, number, number, number, number]): tf.Tensor5D {
  return uniform(new Random(`volume ${shape}`), shape);
}

/**
 * Compares the gradient of every trainable parameter with central differences along a random
 * direction.
 */
export function assertParameterGradients(
  parameters: Parameters,
  loss: () => tf.Scalar,
  { step = 1e-2, limit = 1e-2 } = {},
): void {
  const random = new Random("directions");
  tf.tidy(() => {
    const { grads } = tf.variableGrads(loss);
    for (const name of parameters.names("trainable")) {
      const variable = parameters.get(name);
      const direction = uniform(random, variable.shape as [number]);
      const start = variable.clone();
      const at = (distance: number): number => {
        variable.assign(start.add(direction.mul(distance)));
        return loss().dataSync()[0];
      };
      const numeric = (at(step) - at(-step)) / (2 * step);
      variable.assign(start);
      const analytic = grads[variable.name].mul(direction).sum().dataSync()[0];
      if (!(Math.abs(numeric - analytic) <= limit * Math.max(1, Math.abs(numeric)))) {
        throw new Error(`gradient of ${name}: ${analytic}, but by differences ${numeric}`);
      }
    }
  });
}

/** A smooth scalar in which every element of `y` has a weight of its own. */
export function weighed(y: tf.Tensor): tf.Scalar {
  const weights = uniform(new Random("weights"), y.shape as [number]);
  return y.mul(weights).sum() as tf.Scalar;
}

/** Fails unless the samples of a batch do not see each other. */
export function assertSamplesApart(
  apply: (x: tf.Tensor5D) => tf.Tensor,
  batch: tf.Tensor5D,
  limit = 1e-5,
): void {
  tf.tidy(() => {
    const samples = tf.split(batch, batch.shape[0]) as tf.Tensor[] as tf.Tensor5D[];
    assertClose(apply(batch), tf.concat(samples.map(apply)), limit, "the samples apart");
  });
}
