import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import { EarlyStopping } from "../../lib/training/early_stopping.ts";
import { learningRateAt, phaseSchedule } from "../../lib/training/schedule.ts";

const schedule = { peak: 2, floor: 0.02, warmupSteps: 4, totalSteps: 15 };

Deno.test("schedule: rises to the peak, falls to the floor, stays there", () => {
  const rates = Array.from({ length: 20 }, (_, step) => learningRateAt(step, schedule));
  assertEquals(rates.slice(0, 4), [0.5, 1, 1.5, 2]);
  assertEquals(rates[4], 2);
  assertAlmostEquals(rates[9], (2 + 0.02) / 2, 1e-12);
  assertAlmostEquals(rates[14], 0.02, 1e-12);
  assertAlmostEquals(rates[19], 0.02, 1e-12);
  for (let step = 5; step < 15; step++) assert(rates[step] < rates[step - 1]);
});

Deno.test("schedule: needs no warm-up, and survives one that is all there is", () => {
  assertEquals(learningRateAt(0, { ...schedule, warmupSteps: 0 }), 2);
  assertEquals(learningRateAt(0, { ...schedule, warmupSteps: 0, totalSteps: 1 }), 2);
  const phase = { ...presets.tiny.phases.segmentor, epochs: 2, warmupEpochs: 5 };
  const all = phaseSchedule(phase, 3);
  assertEquals([all.warmupSteps, all.totalSteps], [6, 6]);
  assertEquals(learningRateAt(5, all), phase.learningRate);
});

Deno.test("early stopping: the best score resets the wait; NaN is never the best", () => {
  const stopping = new EarlyStopping(2);
  assertEquals([NaN, 0.5, 0.5, 0.6, 0.1].map((score) => stopping.observe(score)), [
    false,
    true,
    false,
    true,
    false,
  ]);
  assertEquals(stopping.exhausted, false);
  const resumed = new EarlyStopping(2, stopping.state);
  assertEquals(resumed.observe(0.6), false);
  assertEquals(resumed.exhausted, true);
  assertEquals(resumed.state, { bestScore: 0.6, validationsSinceBest: 2 });
});

Deno.test("early stopping: while nothing is found, the later is the better, and patience counts", () => {
  const stopping = new EarlyStopping(3);
  assertEquals([0, 0, 0].map((score) => stopping.observe(score)), [true, true, true]);
  assertEquals([stopping.exhausted, stopping.state.validationsSinceBest], [false, 2]);
  assertEquals([0.2, 0].map((score) => stopping.observe(score)), [true, false]);
});

Deno.test("early stopping: no patience never stops", () => {
  const stopping = new EarlyStopping(0);
  for (let i = 0; i < 50; i++) stopping.observe(-i);
  assertEquals(stopping.exhausted, false);
});
