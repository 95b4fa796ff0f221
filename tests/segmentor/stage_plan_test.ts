import { assertEquals, assertThrows } from "@std/assert";
import type { SegmentorConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import { UserError } from "../../lib/errors.ts";
import { countMacs } from "../../lib/nn/macs.ts";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { RefineBlock } from "../../lib/nn/refine_block.ts";
import { refineSteps } from "../../lib/segmentor/refine_steps.ts";
import { Segmentor } from "../../lib/segmentor/segmentor.ts";
import { stagePlan, stagePlans } from "../../lib/segmentor/stage_plan.ts";
import * as tf from "../../lib/tf.ts";

Deno.test("the steps of a refine block add up to what a block really has and does", () => {
  for (const [channels, heads, stride, edge] of [[24, 1, 4, 16], [6, 2, 2, 4], [8, 4, 1, 2]]) {
    const parameters = new Parameters(0);
    const block = new RefineBlock(parameters.root(), { channels, heads, stride });
    const count = countMacs(() =>
      tf.tidy(() => void block.apply(tf.zeros([1, edge, edge, edge, channels]), inference))
    );
    const steps = refineSteps({ channels, stride }, edge);
    const sum = (key: "parameters" | "macs") => steps.reduce((total, step) => total + step[key], 0);
    assertEquals(steps.length, 6);
    assertEquals(sum("parameters"), parameters.count());
    assertEquals(sum("parameters"), 22 * channels ** 2 + (88 + stride ** 3) * channels);
    assertEquals(sum("macs"), count.macs);
    parameters.dispose();
  }
});

const variants: { what: string; config: SegmentorConfig; classCount: number }[] = [
  { what: "the paper's", config: presets.paper.segmentor, classCount: 1 },
  { what: "focus with two classes", config: presets.focus.segmentor, classCount: 2 },
  {
    what: "two stages from 24",
    config: {
      ...presets.focus.segmentor,
      stageCount: 2,
      minEdge: 24,
      channels: [4, 6, 8],
      blocks: [1, 2, 1],
      heads: [2, 1, 2],
      strides: [2, 3, 1],
    },
    classCount: 1,
  },
];

for (const { what, config, classCount } of variants) {
  Deno.test(`a plan adds up to the network: ${what}`, () => {
    const parameters = new Parameters(0);
    const segmentor = new Segmentor(parameters, config, classCount);
    for (const plan of stagePlans(config, segmentor.outputs)) {
      const { edge, stage, parts } = plan;
      const active = segmentor.activeNames(edge);
      const sizeOf = (names: string[]) =>
        names.reduce((sum, name) => sum + parameters.get(name).size, 0);
      const image: tf.Tensor5D = tf.zeros([1, edge, edge, edge, 1]);
      const count = countMacs(() => tf.tidy(() => void segmentor.apply(image, inference)));
      image.dispose();
      assertEquals(plan.parameters, sizeOf(active));
      assertEquals(plan.macs, count.macs);
      assertEquals(parts.map(({ name }) => name).slice(0, 2), ["gates", "stage 1"]);
      assertEquals(parts[0].parameters, sizeOf(active.filter((name) => name.includes(".gate"))));
      assertEquals(
        parts.map(({ runs }) => runs),
        [stage > 1, ...parts.slice(1).map((_, i) => i + 1 >= stage)],
      );
      assertEquals(parts.filter(({ runs, macs }) => !runs && macs > 0), []);
    }
    parameters.dispose();
  });
}

Deno.test("the stages of the paper's network are those of its levels", () => {
  const [large, medium, small] = stagePlans(presets.paper.segmentor);
  assertEquals([large, medium, small].map(({ edge, stage }) => [edge, stage]), [
    [64, 1],
    [32, 2],
    [16, 3],
  ]);
  assertEquals(large.parts[0], { name: "gates", runs: false, parameters: 0, macs: 0 });
  // Stage 2 costs the same whether a cube comes from stage 1 or through a gate.
  assertEquals(large.parts[2], medium.parts[2]);
  assertEquals(large.parts[3], small.parts[3]);
  assertThrows(() => stagePlan(48, presets.paper.segmentor), UserError, "16, 32, 64");
});
