import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { SegmentorConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import { UserError } from "../../lib/errors.ts";
import { countMacs, paperOperations } from "../../lib/nn/macs.ts";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import { segmentRoi } from "../../lib/segmentor/segment_roi.ts";
import { Segmentor } from "../../lib/segmentor/segmentor.ts";
import { legalEdges, stageForEdge } from "../../lib/segmentor/stage_rule.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertNoLeak, uniform } from "../tensors.ts";
import { slowLogits, type Values, type Weights } from "./slow_segmentor.ts";
import { testEachWay } from "../nn/each_way.ts";

const small: SegmentorConfig = {
  ...presets.focus.segmentor,
  channels: [3, 4, 6, 8],
  blocks: [1, 1, 2, 1],
  heads: [1, 2, 3, 4],
  fineWidth: 3,
};

/** A cube of seeded intensities; every parameter is uniform, norms and tables too. */
function makeSegmentor(config: SegmentorConfig, classCount: number) {
  const parameters = new Parameters("segmentor");
  const segmentor = new Segmentor(parameters, config, classCount);
  const random = new Random("weights");
  for (const name of parameters.names()) {
    const variable = parameters.get(name);
    const isPositive = /scale|ariance/.test(name);
    const spread = /weight/.test(name) ? 0.4 : 0.3;
    const [low, high] = isPositive ? [0.5, 1.5] : [-spread, spread];
    const values = uniform(random, variable.shape as [number], low, high);
    variable.assign(values);
    values.dispose();
  }
  return { parameters, segmentor };
}

function image(edge: number, count = 1, seed = "image"): tf.Tensor5D {
  return uniform(new Random(seed), [count, edge, edge, edge, 1], 0, 1) as tf.Tensor5D;
}

testEachWay("the paper's segmentor has the paper's parameters and multiply-accumulates", () => {
  const parameters = new Parameters(0);
  const segmentor = new Segmentor(parameters, presets.paper.segmentor, 1);
  assertEquals(parameters.count(), 1_771_589);
  const expected = [
    { edge: 64, active: 1_770_363, macs: 268_660_992, table5: 276_058_112 },
    { edge: 32, active: 1_734_985, macs: 151_261_440, table5: 153_907_200 },
    { edge: 16, active: 1_495_561, macs: 39_588_096, table5: 40_144_896 },
  ];
  for (const { edge, active, macs, table5 } of expected) {
    const names = segmentor.activeNames(edge);
    assertEquals(names.reduce((sum, name) => sum + parameters.get(name).size, 0), active);
    const count = countMacs(() => tf.tidy(() => void segmentor.apply(image(edge), inference)));
    assertEquals([count.macs, paperOperations(count)], [macs, table5]);
  }
  parameters.dispose();
});

const variants: { what: string; config: SegmentorConfig; classCount: number; edges: number[] }[] = [
  { what: "one class", config: small, classCount: 1, edges: [16, 32, 64] },
  {
    what: "as published",
    config: { ...small, fineWidth: 0, rereadBottleneck: true, normalizeLogits: true },
    classCount: 1,
    edges: [16, 64],
  },
  { what: "two classes", config: small, classCount: 2, edges: [16, 32] },
  {
    what: "two stages from 24",
    config: {
      ...small,
      stageCount: 2,
      minEdge: 24,
      channels: [4, 6, 8],
      blocks: [1, 1, 1],
      heads: [2, 1, 2],
      strides: [2, 3, 1],
    },
    classCount: 1,
    edges: [24, 48],
  },
];

for (const { what, config, classCount, edges } of variants) {
  for (const edge of edges) {
    testEachWay(`${what}: logits of a cube of ${edge} equal the slow twin's`, async () => {
      const { parameters, segmentor } = makeSegmentor(config, classCount);
      const input = image(edge);
      const logits = segmentor.apply(input, inference);
      assertEquals(logits.shape, [1, edge, edge, edge, classCount === 1 ? 1 : classCount + 1]);
      const stage = stageForEdge(edge, config);
      const slow = slowLogits(input.dataSync(), edge, stage, await parameters.read(), config);
      const expected = tf.tensor(Float32Array.from(slow), logits.shape);
      assertClose(logits, expected, 1e-4, "logits");
    });
  }
}

for (const stage of [1, 2, 3]) {
  testEachWay(`gradients of stage ${stage} agree with differences of the slow twin`, async () => {
    const edge = legalEdges(small)[stage - 1];
    const { parameters, segmentor } = makeSegmentor(small, 1);
    const input = image(edge);
    const weights = await parameters.read();
    const names = stage === 1
      ? ["fine.features.weight", "encoder.level0.conv.weight", "decoder.level0.conv.bias"]
      : ["fine.correction.weight", `encoder.gate${stage}.weight`, "encoder.position"];
    const { grads } = tf.variableGrads(
      () => segmentor.apply(input, inference).sigmoid().sum() as tf.Scalar,
      names.map((name) => parameters.get(name)),
    );
    for (const name of names) {
      const gradient = grads[parameters.get(name).name].dataSync();
      const norm = Math.hypot(...gradient);
      const lossAt = (distance: number) => {
        const { shape, data } = weights.get(name)!;
        const moved = Float64Array.from(data, (v, i) => v + distance * gradient[i] / norm);
        const changed: Weights = new Map<string, Values>(weights).set(name, { shape, data: moved });
        return slowLogits(input.dataSync(), edge, stage, changed, small)
          .reduce((sum, logit) => sum + 1 / (1 + Math.exp(-logit)), 0);
      };
      const slope = (lossAt(1e-5) - lossAt(-1e-5)) / 2e-5;
      assertAlmostEquals(norm, slope, 1e-3 * slope, name);
    }
  });
}

testEachWay("a stage that is skipped is neither read nor trained", () => {
  for (const edge of legalEdges(small)) {
    const { parameters, segmentor } = makeSegmentor(small, 1);
    const pass = { training: true, random: new Random("pass") };
    const run = () => segmentor.apply(image(edge), pass).square().mean() as tf.Scalar;
    const { grads } = tf.variableGrads(
      run,
      segmentor.activeNames(edge).map((n) => parameters.get(n)),
    );
    const active = new Set(segmentor.activeNames(edge));
    for (const name of active) {
      const gradient = grads[parameters.get(name).name];
      assertEquals(gradient.isNaN().any().dataSync()[0], 0, name);
    }
    const before = segmentor.apply(image(edge), inference);
    for (const name of parameters.names("trainable")) {
      if (!active.has(name)) parameters.get(name).assign(tf.fill(parameters.get(name).shape, NaN));
    }
    assertClose(segmentor.apply(image(edge), inference), before, 0, `cube of ${edge}`);
  }
});

testEachWay("running statistics of skipped stages stay", async () => {
  const { parameters, segmentor } = makeSegmentor(small, 1);
  const before = await parameters.read();
  segmentor.apply(image(32), { training: true, random: new Random("pass") });
  const after = await parameters.read();
  const changed = parameters.names().filter((name) =>
    String(before.get(name)!.data) !== String(after.get(name)!.data)
  );
  const statistics = parameters.names().filter((name) => name.includes("running"));
  assertEquals(changed, statistics.filter((name) => !name.includes("level0")));
});

testEachWay("a batch gives each cube what it gets alone", () => {
  const { segmentor } = makeSegmentor(small, 2);
  const both = segmentor.apply(image(16, 2), inference);
  const images = tf.split(image(16, 2), 2) as tf.Tensor5D[];
  const alone = tf.concat(images.map((cube) => segmentor.apply(cube, inference)));
  assertClose(both, alone, 1e-5, "batch");
});

testEachWay("four stages put a level in front: cubes of 128 down to 16", () => {
  const config: SegmentorConfig = {
    ...small,
    stageCount: 4,
    channels: [2, 3, 4, 6, 8],
    blocks: [1, 1, 1, 1, 1],
    heads: [1, 1, 2, 3, 4],
    strides: [4, 4, 2, 2, 1],
  };
  const { segmentor } = makeSegmentor(config, 1);
  for (const edge of [128, 64, 32, 16]) {
    const logits = segmentor.apply(image(edge), inference);
    assertEquals(logits.shape, [1, edge, edge, edge, 1]);
    assertEquals(logits.isNaN().any().dataSync()[0], 0);
    logits.dispose();
  }
});

testEachWay("inference and training leave no tensors behind", async () => {
  const { parameters, segmentor } = makeSegmentor(small, 1);
  const input = image(16);
  const roi = input.dataSync() as Float32Array;
  const pass = { training: true, random: new Random("pass") };
  await assertNoLeak(async () => {
    const logits = await segmentRoi(segmentor, roi, 16);
    assertEquals(logits.length, 16 ** 3);
    const { value, grads } = tf.variableGrads(
      () => segmentor.apply(input, pass).square().mean() as tf.Scalar,
      segmentor.activeNames(16).map((name) => parameters.get(name)),
    );
    tf.dispose([value, grads]);
  });
});

testEachWay("dropout at the bottleneck follows the pass's generator", () => {
  const { segmentor } = makeSegmentor(small, 1);
  const logits = (seed: string) =>
    segmentor.apply(image(16), { training: true, random: new Random(seed) });
  assertClose(logits("a"), logits("a"), 0, "same seed");
  assertEquals(logits("a").sub(logits("b")).abs().max().dataSync()[0] > 1e-3, true);
});

testEachWay("a configuration that contradicts itself is refused, with the option named", () => {
  const faults: [Partial<SegmentorConfig>, string][] = [
    [{ stageCount: 0 }, "segmentor.stageCount"],
    [{ minEdge: 12 }, "segmentor.minEdge"],
    [{ channels: [4, 8, 8] }, "segmentor.channels"],
    [{ blocks: [1, 1, 1, 1.5] }, "segmentor.blocks"],
    [{ heads: [1, 2, 4, 4] }, "segmentor.heads[2]"],
    [{ strides: [4, 2, 3, 1] }, "segmentor.strides[2]"],
  ];
  for (const [change, name] of faults) {
    const build = () => new Segmentor(new Parameters(0), { ...small, ...change }, 1);
    assertThrows(build, UserError, name);
  }
});

testEachWay("an input that is no legal cube is refused", () => {
  const { segmentor } = makeSegmentor(small, 1);
  assertThrows(() => segmentor.apply(image(24), inference), UserError, "16, 32, 64");
  const slab = tf.zeros<tf.Rank.R5>([1, 16, 16, 32, 1]);
  assertThrows(() => segmentor.apply(slab, inference), Error, "32x16x16");
});
