import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import { buildDetector } from "../../lib/detector/detector.ts";
import { detectorCost, peakIntermediateBytes, segmentorCost } from "../../lib/evaluation/cost.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Segmentor } from "../../lib/segmentor/segmentor.ts";
import * as tf from "../../lib/tf.ts";

Deno.test("segmentorCost() of the paper's network: true and as its Table 5 counts", async () => {
  const parameters = new Parameters("cost");
  const segmentor = new Segmentor(parameters, presets.paper.segmentor, 1);
  const tensors = tf.memory().numTensors;
  const expected = [
    { edge: 16, active: 1_495_561, macs: 39.59, table5: [40_144_896, 9_380_867] },
    { edge: 32, active: 1_734_985, macs: 151.26, table5: [153_907_200, 10_321_139] },
    { edge: 64, active: 1_770_363, macs: 268.66, table5: [276_058_112, 10_460_731] },
  ];
  for (const { edge, active, macs, table5 } of expected) {
    const cost = await segmentorCost(segmentor, parameters, edge);
    assertEquals([cost.part, cost.edge], ["segmentor", edge]);
    assertEquals([cost.parameters, cost.activeParameters], [1_771_589, active]);
    assertAlmostEquals(cost.macs / 1e6, macs, 0.005);
    assertEquals([cost.paperOperations, cost.paperParameters], table5);
    assertEquals(cost.operationsByRule!.own, cost.paperOperations);
    // Transposed convolutions at their output weigh more than the products of attention.
    assert(cost.operationsByRule!.peers > cost.macs);
    assert(cost.peakTensorBytes > 4 * (cost.parameters + 2 * edge ** 3));
  }
  assertEquals(tf.memory().numTensors, tensors);
  parameters.dispose();
});

Deno.test("detectorCost() adds the three views", async () => {
  const detector = buildDetector(presets.tiny.detector, 0);
  const tensors = tf.memory().numTensors;
  const cost = await detectorCost(detector);
  assertEquals([cost.part, cost.edge], ["detector", presets.tiny.detector.view.edge]);
  assertEquals(cost.parameters, 3 * detector.modules.xy.parameters.count());
  assert(cost.macs > 0 && cost.macs % 3 === 0);
  assertEquals(tf.memory().numTensors, tensors);
  detector.dispose();
});

Deno.test("peakIntermediateBytes() counts what is held at once", async () => {
  const peak = await peakIntermediateBytes(() => {
    const a = tf.ones([1000]);
    const b = a.add(1);
    a.dispose();
    tf.tidy(() => b.mul(2).sum());
    b.sub(1);
  });
  assertAlmostEquals(peak, 8000, 100);
});
