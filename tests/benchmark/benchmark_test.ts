import { assert, assertEquals } from "@std/assert";
import { type BenchSizes, runBenchmark } from "../../lib/benchmark/benchmark.ts";
import { type PartName, partNames } from "../../lib/benchmark/measurement.ts";
import { countTensorflowOps } from "../../lib/benchmark/op_count.ts";
import { presets } from "../../lib/config/presets.ts";
import * as tf from "../../lib/tf.ts";

const { tiny } = presets;

/** Everything as small as it can be: what is tested is that it runs, not how fast. */
const sizes: BenchSizes = {
  limits: { matrix: 8, volume: 3, vector: 100, inflated: 1000 },
  ops: {
    config: tiny.segmentor,
    batch: 1,
    mapEdges: [4, 2],
    attention: { width: 8, heads: 2, points: 2 },
    scanShape: [20, 16, 10],
    roiEdge: 16,
  },
  segmentor: {
    name: "segmentor",
    config: tiny.segmentor,
    phase: tiny.phases.segmentor,
    edges: [16],
    batches: [2],
  },
  detectors: { configs: [tiny], batch: 1 },
  data: { scanShape: [48, 40, 24], cubeEdge: 8, cases: 2, workers: 2 },
  predict: {
    scanShape: [48, 40, 24],
    preset: "tiny",
    changes: ["detector", "segmentor", "whole"].map((phase) => `phases.${phase}.epochs=1`),
    cases: 5,
    repeats: 2,
  },
};

const fewest: Record<PartName, number> = {
  limits: 5,
  ops: 12 * 2 + 2 + 2,
  networks: 4,
  data: 7,
  predict: 6,
};

for (const part of partNames) {
  Deno.test(`the part ${part} measures what it is there for`, async () => {
    const before = tf.memory().numTensors;
    let heard = 0;
    const { measurements, machine } = await runBenchmark({
      parts: [part],
      repeats: { warmUp: 0, runs: 3, enoughMs: 0 },
      turns: { turns: 1, turnMs: 1 },
      sizes,
      onMeasurement: () => heard++,
    });
    assertEquals(heard, measurements.length);
    const ofPart = measurements.filter((measurement) => measurement.part === part);
    assert(ofPart.length >= fewest[part], `${ofPart.length} measurements`);
    for (const { name, timing, facts, limit } of measurements) {
      assert(timing.medianMs >= 0 && timing.lowMs <= timing.highMs, name);
      for (const [fact, value] of Object.entries(facts)) assert(value >= 0, `${name}: ${fact}`);
      assert(limit === undefined || limit.ms > 0, name);
    }
    assertEquals(new Set(ofPart.map(({ name }) => name)).size, ofPart.length);
    assert(machine.cores >= 1 && machine.versions.tensorflow !== undefined);
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("countTensorflowOps() counts the ops of a run, and only those", async () => {
  const x = tf.tensor1d([1, 2, 3]);
  const count = await countTensorflowOps(() => tf.tidy(() => void x.add(1).square()));
  assertEquals(count, 2);
  assertEquals(await countTensorflowOps(() => {}), 0);
  x.dispose();
});
