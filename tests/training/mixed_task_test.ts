import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { constant, Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import type { FitTask } from "../../lib/training/fit_task.ts";
import { mixedTask } from "../../lib/training/mixed_task.ts";

const parameters = new Parameters(0);
parameters.root().weight("slope", [1], constant(1));

/** Samples are `offset + 0 .. 1`; the loss is their mean, and one part more where it is named. */
function task(offset: number, score: number, extra?: string): FitTask<number, tf.Tensor1D> {
  return {
    parameters,
    trainIds: ["a", "b"],
    sample: (_id, random) => offset + random.next(),
    batch: (samples) => tf.tensor1d([...samples]),
    loss: (batch) => ({
      mean: batch.mean<tf.Scalar>(),
      ...(extra === undefined ? {} : { [extra]: tf.scalar(8) }),
    }),
    validate: () => Promise.resolve({ score, metrics: { ignored: 1 } }),
  };
}

Deno.test("a step is the mean over its samples, whichever tasks they are of", async () => {
  const mixed = mixedTask({ low: task(0, 0.2), high: task(100, 0.6, "extra") });
  const samples = [];
  for (let i = 0; i < 40; i++) samples.push(await mixed.sample("a", new Random("draw").fork(i)));
  const ofHigh = samples.filter(({ task }) => task === 1);
  assert(ofHigh.length > 8 && ofHigh.length < 32, "both tasks are drawn");
  assert(ofHigh.every(({ value }) => value >= 100));
  const before = tf.memory().numTensors;
  const batch = mixed.batch(samples);
  assertEquals(batch.map(({ count }) => count).reduce((a, b) => a + b), 40);
  const values = tf.tidy(() => {
    const parts = mixed.loss(batch, { training: true });
    return Object.fromEntries(Object.entries(parts).map(([name, v]) => [name, v.dataSync()[0]]));
  });
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / samples.length;
  assertAlmostEquals(values.mean, mean, 1e-3);
  assertAlmostEquals(values.extra, 8 * ofHigh.length / 40, 1e-5);
  tf.dispose(batch as unknown as tf.TensorContainer);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("equal states of chance give equal samples", async () => {
  const mixed = mixedTask({ low: task(0, 0), high: task(100, 0) });
  const draw = async () =>
    await Promise.all([1, 2, 3, 4].map((i) => mixed.sample("b", new Random("same").fork(i))));
  assertEquals(await draw(), await draw());
});

Deno.test("the score is the mean of the tasks' scores, which have their names", async () => {
  const mixed = mixedTask({ low: task(0, 0.2), high: task(100, 0.6) });
  assertEquals(mixed.trainIds, ["a", "b"]);
  const { score, metrics } = await mixed.validate!();
  assertAlmostEquals(score, 0.4, 1e-12);
  assertEquals(metrics, { low: 0.2, high: 0.6 });
  const { validate: _, ...blind } = task(0, 0);
  assertEquals(mixedTask({ seen: task(0, 1), blind }).validate, undefined);
});
