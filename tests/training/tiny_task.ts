import type { PhaseConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import { constant, normal, Parameters } from "../../lib/nn/parameters.ts";
import type { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import type { FitTask } from "../../lib/training/fit_task.ts";

/** A few epochs with everything that has a state turned on. */
export const tinyPhase: PhaseConfig = {
  ...presets.tiny.phases.segmentor,
  epochs: 4,
  batchSize: 2,
  repeats: 2,
  learningRate: 0.05,
  warmupEpochs: 1,
  clipNorm: 1,
  emaDecay: 0.9,
  patience: 0,
  validateEvery: 1,
};

interface Sample {
  readonly x: readonly number[];
  readonly y: number;
}

interface Batch {
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor1D;
  /** Whether this batch uses the parameters named `extra`. */
  readonly wide: boolean;
}

export interface TinyTask extends FitTask<Sample, Batch> {
  /** What happened, in order: samples and validations. */
  readonly log: string[];
}

const weights = [0.5, -1, 2];

/**
 * A regression of y on three numbers, with dropout, a running statistic, random samples, and
 * parameters that only some batches use: what makes resuming hard, in a few values.
 */
export function makeTinyTask(
  { onSample, onLoss }: {
    onSample?: (id: string, count: number) => void;
    onLoss?: (count: number) => number;
  } = {},
): TinyTask {
  const parameters = new Parameters("tiny");
  const root = parameters.root();
  const kernel = root.weight("kernel", [3, 1], normal(0.1));
  const bias = root.weight("bias", [1], constant(0));
  const extra = root.weight("extra.kernel", [3, 1], normal(0.1));
  const mean = root.statistic("mean", [3], constant(0));
  const log: string[] = [];
  let [samples, losses] = [0, 0];

  const predict = (x: tf.Tensor2D, wide: boolean): tf.Tensor1D => {
    const base = tf.matMul<tf.Tensor2D>(x, kernel as tf.Tensor2D).add(bias);
    const all = wide ? base.add(tf.matMul(x, extra as tf.Tensor2D)) : base;
    return all.reshape([-1]);
  };

  return {
    parameters,
    log,
    trainIds: ["a", "b", "c"],
    sample(id: string, random: Random): Sample {
      onSample?.(id, samples++);
      const x = weights.map(() => random.normal());
      log.push(`${id} ${x[0].toFixed(6)}`);
      return { x, y: x.reduce((sum, value, i) => sum + value * weights[i], 0) };
    },
    batch(batch): Batch {
      return {
        x: tf.tensor2d(batch.map(({ x }) => [...x])),
        y: tf.tensor1d(batch.map(({ y }) => y)),
        wide: batch[0].x[0] > 0,
      };
    },
    loss({ x, y, wide }, { random }) {
      const factor = onLoss?.(losses++) ?? 1;
      mean.assign(mean.mul(0.9).add(x.mean(0).mul(0.1)) as tf.Tensor1D);
      const kept = tf.tensor2d(
        x.arraySync().map((row) => row.map((v) => random!.chance(0.1) ? 0 : v)),
      );
      const error = predict(kept, wide).sub(y);
      return {
        squared: error.square().mean().mul(factor) as tf.Scalar,
        absolute: error.abs().mean().mul(0.1) as tf.Scalar,
      };
    },
    validate() {
      const x = tf.tensor2d([[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
      const [error] = tf.tidy(() => [...predict(x, true).sub(weights).abs().mean().dataSync()]);
      x.dispose();
      log.push("validated");
      return Promise.resolve({ score: -error, metrics: { error } });
    },
  };
}
