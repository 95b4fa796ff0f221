import { assert, assertEquals, assertRejects } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import { UserError } from "../../lib/errors.ts";
import { measureStage } from "../../lib/evaluation/stage_measurement.ts";
import { timeRepeatedly } from "../../lib/evaluation/time_repeatedly.ts";
import * as tf from "../../lib/tf.ts";

Deno.test("only the runs after the warm-up are timed", async () => {
  let [clock, runs] = [0, 0];
  const work = async () => {
    await Promise.resolve();
    runs++;
    clock += runs === 1 ? 1000 : 10 * runs;
  };
  const { count, median, min, max } = await timeRepeatedly(work, { repeats: 3, now: () => clock });
  assertEquals([count, median, min, max, runs], [3, 30, 20, 40, 4]);
});

Deno.test("a stage is measured: its cost, times that are not 0, and no tensor is left", async () => {
  const before = tf.memory().numTensors;
  const phase = { ...presets.tiny.phases.segmentor, batchSize: 2 };
  const options = { classCount: 2, phase, repeats: 2, warmUps: 0 };
  const [small, large] = [
    await measureStage(presets.tiny.segmentor, 16, options),
    await measureStage(presets.tiny.segmentor, 64, options),
  ];
  assertEquals([small.edge, small.cost.edge, small.forwardMs.count], [16, 16, 2]);
  assert(small.forwardMs.min > 0 && small.stepMs.min > 0);
  assert(small.cost.macs < large.cost.macs);
  assert(small.cost.activeParameters < large.cost.activeParameters);
  // The backward pass keeps what the forward pass made, for two cubes of three channels.
  assert(large.stepPeakBytes > 2 * 4 * 3 * 64 ** 3 && large.stepPeakBytes > small.stepPeakBytes);
  assertEquals(tf.memory().numTensors, before);
  await assertRejects(() => measureStage(presets.tiny.segmentor, 48, options), UserError);
  assertEquals(tf.memory().numTensors, before);
});
