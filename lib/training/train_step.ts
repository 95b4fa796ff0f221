import * as tf from "../tf.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { AdamW } from "./adamw.ts";
import type { LossParts } from "./loss_parts.ts";
import type { MovingAverage } from "./moving_average.ts";

/** A model in training. */
export interface Trainee {
  readonly parameters: Parameters;
  readonly optimizer: AdamW;
  readonly average: MovingAverage | null;
}

/** What a step measured, still on the device. */
export interface StepReport {
  /** The loss's parts in the order of `values`. */
  readonly partNames: readonly string[];
  /** The parts' values, then their sum, then the global norm of the gradient before clipping. */
  readonly values: tf.Tensor1D;
}

/**
 * One step of training: the gradient of the sum of the loss's parts, the optimizer, the average.
 *
 * Parameters that the loss does not depend on, such as those of skipped stages, have no gradient
 * and are left alone. Nothing is read back: the caller reads and disposes `values`, once.
 */
export function trainStep(
  { parameters, optimizer, average }: Trainee,
  loss: () => LossParts,
  learningRate: number,
): StepReport {
  const trained = parameters.names("trainable");
  const variables = trained.map((name) => parameters.get(name));
  let partNames: string[] = [];
  const values = tf.tidy(() => {
    const kept: tf.Tensor[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const parts = loss();
      if ("total" in parts) {
        throw new Error("a part of a loss cannot be named total: that is the sum");
      }
      partNames = Object.keys(parts);
      kept.push(...Object.values(parts).map((part) => tf.keep(part)));
      return tf.addN(Object.values(parts));
    }, variables);
    const gradients = new Map<string, tf.Tensor>();
    trained.forEach((name, i) => {
      const gradient = grads[variables[i].name];
      if (gradient) gradients.set(name, gradient);
    });
    const norm = optimizer.apply(gradients, learningRate);
    const report = tf.stack([...kept, value, norm]) as tf.Tensor1D;
    tf.dispose(kept);
    return report;
  });
  average?.update();
  return { partNames, values };
}
