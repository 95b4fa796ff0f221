import { assert, assertEquals, assertRejects } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import { UserError } from "../../lib/errors.ts";
import { measureModel } from "../../lib/evaluation/model_measurement.ts";
import * as tf from "../../lib/tf.ts";

const { detector, segmentor, phases } = presets.tiny;
const timing = { repeats: 2, warmUps: 0 };

Deno.test("every kind of model is measured by the same call, and leaves no tensor", async () => {
  const before = tf.memory().numTensors;
  const phase = { ...phases.segmentor, batchSize: 2 };
  const measured = [
    await measureModel({ model: "detector", config: detector }, {
      phase: { ...phases.detector, batchSize: 2 },
      ...timing,
    }),
    await measureModel({ model: "segmentor", config: segmentor, edge: 16 }, { phase, ...timing }),
    await measureModel({ model: "segformer3d", edge: 16 }, { phase, ...timing }),
    await measureModel({ model: "slim-unetr", edge: 32, part: "whole" }, {
      phase,
      classCount: 2,
      ...timing,
    }),
  ];
  assertEquals(measured.map(({ cost }) => [cost.part, cost.model, cost.edge]), [
    ["detector", undefined, 32],
    ["segmentor", "segmentor", 16],
    ["segmentor", "segformer3d", 16],
    ["whole", "slim-unetr", 32],
  ]);
  for (const { cost, forwardMs, stepMs, stepPeakBytes, processBytes, gpuBytes } of measured) {
    assertEquals([forwardMs.count, stepMs.count], [2, 2]);
    assert(forwardMs.min > 0 && stepMs.min > 0);
    assert(cost.macs > 0 && cost.operationsByRule!.own > cost.macs);
    assert(stepPeakBytes > cost.peakTensorBytes - 4 * cost.parameters - 4 * cost.edge ** 3);
    assert(processBytes > 2 ** 20);
    assertEquals(gpuBytes === undefined, tf.deviceName() === "CPU");
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("an edge that a model does not take is refused, and leaves no tensor", async () => {
  const before = tf.memory().numTensors;
  const options = { phase: phases.segmentor, ...timing };
  for (
    const measured of [
      { model: "segmentor", config: segmentor, edge: 48 },
      { model: "swin-smt", edge: 32 },
    ] as const
  ) {
    await assertRejects(() => measureModel(measured, options), UserError, "edge");
    assertEquals(tf.memory().numTensors, before);
  }
});
