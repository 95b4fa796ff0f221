/** Slow, obvious operations on plain arrays in double precision, for comparison. */
import type { Parameters } from "../../lib/nn/parameters.ts";
import type * as tf from "../../lib/tf.ts";

/** The values of a parameter. */
export function valuesOf(parameters: Parameters, name: string): number[] {
  return Array.from(parameters.get(name).dataSync());
}

/** The vectors along the last axis. */
export function vectors(tensor: tf.Tensor): number[][] {
  const width = tensor.shape.at(-1)!;
  const values = Array.from(tensor.dataSync());
  return Array.from(
    { length: values.length / width },
    (_, i) => values.slice(i * width, (i + 1) * width),
  );
}

/** `x W + b` of a layer `[inputs, outputs]`; its bias may be missing. */
export function slowLinear(parameters: Parameters, name: string, x: readonly number[]): number[] {
  const weight = valuesOf(parameters, `${name}.weight`);
  const outputs = weight.length / x.length;
  const hasBias = parameters.names().includes(`${name}.bias`);
  const bias = hasBias ? valuesOf(parameters, `${name}.bias`) : new Array<number>(outputs).fill(0);
  return bias.map((shift, o) =>
    x.reduce((sum, value, i) => sum + value * weight[i * outputs + o], shift)
  );
}

/** Weights in proportion to the exponentials. */
export function slowSoftmax(logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The sum of vectors with a weight each. */
export function mix(weights: readonly number[], vectors: readonly number[][]): number[] {
  return vectors[0].map((_, c) =>
    vectors.reduce((sum, vector, i) => sum + weights[i] * vector[c], 0)
  );
}

/** The inner product. */
export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** x Phi(x), with the error function's series. */
export function slowGelu(x: number): number {
  let [term, sum] = [x / Math.SQRT2, x / Math.SQRT2];
  for (let n = 1; n < 60; n++) {
    term *= -(x * x / 2) / n;
    sum += term / (2 * n + 1);
  }
  return x * (0.5 + sum / Math.sqrt(Math.PI));
}

/** The places of a grid in raster order. */
export function places(grid: readonly number[]): number[][] {
  return grid.reduce<number[][]>(
    (prefixes, edge) =>
      prefixes.flatMap((prefix) => Array.from({ length: edge }, (_, i) => [...prefix, i])),
    [[]],
  );
}
