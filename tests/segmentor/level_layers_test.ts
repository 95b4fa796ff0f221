import { assertEquals, assertThrows } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import { UserError } from "../../lib/errors.ts";
import type { LayerRecord } from "../../lib/nn/layer_records.ts";
import { segmentorLayers } from "../../lib/segmentor/level_layers.ts";
import { stagePlan } from "../../lib/segmentor/stage_plan.ts";

const config = presets.paper.segmentor;

/** Values of weights and biases follow from fan-in and, for kernels as large as strides, places. */
function elementsOf(layers: readonly LayerRecord[], ...kinds: string[]): number {
  return layers.filter(({ kind }) => kinds.includes(kind))
    .reduce((sum, { elements }) => sum + elements, 0);
}

Deno.test("norms of the segmentor have the elements that Table 5 counts", () => {
  const expected = { 16: [59_136, 52_224], 32: [280_320, 248_832], 64: [837_376, 642_048] };
  for (const [edge, [group, batch]] of Object.entries(expected)) {
    const layers = segmentorLayers(config, Number(edge), 1);
    assertEquals(elementsOf(layers, "groupNorm"), group, edge);
    assertEquals(elementsOf(layers, "batchNorm"), batch, edge);
  }
});

Deno.test("convolutions have the products that the stage plan counts, but for attention's", () => {
  const convolutions = { 16: 39_492_864, 32: 149_593_344, 64: 266_599_680 };
  for (const [text, expected] of Object.entries(convolutions)) {
    const edge = Number(text);
    const layers = segmentorLayers(config, edge, 1);
    // At its input voxels a transposed convolution has a product for each place and channel.
    const strides = transposedStrides(edge);
    const macs = layers.reduce((sum, { kind, elements, fanIn }) => {
      if (kind === "convolution") return sum + elements * fanIn;
      return kind === "transposedConvolution"
        ? sum + elements * fanIn / strides.shift()! ** 3
        : sum;
    }, 0);
    assertEquals(macs, expected, text);
    assertEquals(strides, []);
    assertEquals(macs < stagePlan(edge, config).macs, true);
  }
});

Deno.test("the fine level's layers have the products that the stage plan counts", () => {
  const fine = { ...config, fineWidth: 5 };
  for (const edge of [16, 64]) {
    const layers = segmentorLayers(fine, edge, 3);
    const [first, second] = [layers[0], layers[layers.length - 1]];
    const part = stagePlan(edge, fine, 3).parts.find(({ name }) => name === "fine level")!;
    assertEquals([first, second].reduce((sum, l) => sum + l.elements * l.fanIn, 0), part.macs);
    assertEquals(elementsOf(layers, "relu"), 5 * edge ** 3);
    // What comes in through the first level or a gate has as many channels.
    const others = segmentorLayers(config, edge, 3).slice(1);
    assertEquals(layers.slice(3, -1), others);
    assertEquals(layers[2].fanIn, 5 * segmentorLayers(config, edge, 3)[0].fanIn);
  }
});

/** Strides of the transposed convolutions in the order of the layers. */
function transposedStrides(edge: number): number[] {
  const first = Math.log2(64 / edge);
  const levels = [4, 2, 2, 2].flatMap((kernel, i) => {
    if (i < first) return [];
    return [...Array<number>(2 * config.blocks[i]).fill(config.strides[i]), kernel];
  });
  return first === 0 ? levels : [...levels, 2];
}

Deno.test("without a norm on the logits there is one less, and edges must be legal", () => {
  const plain = segmentorLayers({ ...config, normalizeLogits: false }, 64, 3);
  const normed = segmentorLayers(config, 64, 3);
  assertEquals(normed.length - plain.length, 1);
  assertEquals(elementsOf(normed, "groupNorm") - elementsOf(plain, "groupNorm"), 3 * 64 ** 3);
  assertThrows(() => segmentorLayers(config, 48, 1), UserError);
});
