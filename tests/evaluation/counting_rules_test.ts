import { assertEquals } from "@std/assert";
import { paperLayerOperations } from "../../lib/evaluation/counting_rules.ts";
import { recordLayer, traceLayers } from "../../lib/nn/layer_records.ts";

Deno.test("paperLayerOperations() counts products, biases and what a layer adds to each", () => {
  const operations = (run: () => void) => paperLayerOperations(traceLayers(run));
  assertEquals(operations(() => recordLayer("convolution", 10, 27, true)), 280);
  assertEquals(operations(() => recordLayer("transposedConvolution", 10, 8)), 80);
  assertEquals(operations(() => recordLayer("linear", 10, 4, true)), 50);
  for (const kind of ["batchNorm", "groupNorm", "gelu", "relu"] as const) {
    assertEquals(operations(() => recordLayer(kind, 10)), 20, kind);
  }
  for (const kind of ["layerNorm", "instanceNorm", "leakyRelu", "softmax", "resizing"] as const) {
    assertEquals(operations(() => recordLayer(kind, 10)), 10, kind);
  }
  assertEquals(operations(() => [3, 4].forEach((elements) => recordLayer("relu", elements))), 14);
});
