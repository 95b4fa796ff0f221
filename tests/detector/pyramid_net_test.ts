import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import type { PyramidDetectorConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import { PyramidNet } from "../../lib/detector/pyramid_net.ts";
import { UserError } from "../../lib/errors.ts";
import { countMacs } from "../../lib/nn/macs.ts";
import { inference, Parameters, type Pass } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, assertNoLeak, largestError, uniform } from "../tensors.ts";

const config: PyramidDetectorConfig = {
  kind: "pyramid",
  backbone: "small",
  backboneWeights: "",
  stageCount: 3,
  width: 16,
  heads: 4,
  points: 2,
  feedForwardWidth: 24,
  maskDropRate: 0,
};

function build(changes: Partial<PyramidDetectorConfig> = {}, picture = { edge: 64, channels: 2 }) {
  const parameters = new Parameters(5);
  return {
    parameters,
    net: new PyramidNet(parameters.root(), { ...config, ...changes }, picture),
  };
}

function training(seed: string): Pass {
  return { training: true, random: new Random(seed) };
}

const pictures = () => uniform<tf.Rank.R4>(new Random("pictures"), [2, 64, 64, 2], 0);
const mask = () => uniform<tf.Rank.R4>(new Random("mask"), [2, 64, 64, 1], 0);

Deno.test("pyramid: starts with a small box in the middle of the picture", async () => {
  const { parameters, net } = build();
  await assertNoLeak(() =>
    tf.tidy(() => {
      const boxes = net.apply(pictures(), inference).arraySync();
      for (const [x, y, width, height] of boxes) {
        assertEquals([x, y], [0.5, 0.5]);
        assertAlmostEquals(width, 1 / (1 + Math.exp(2)), 1e-6);
        assertAlmostEquals(height, 1 / (1 + Math.exp(2)), 1e-6);
      }
    })
  );
  parameters.dispose();
});

/** Fills the weights that are 0 initially, so that everything depends on its input. */
function openGates(parameters: Parameters): void {
  const random = new Random("gates");
  const closed = /^head\.layer2\.weight$|(samplingOffsets|attentionWeights)\.weight$/;
  for (const name of parameters.names().filter((name) => closed.test(name))) {
    const variable = parameters.get(name);
    tf.tidy(() => variable.assign(uniform(random, variable.shape as [number, number])));
  }
}

Deno.test("pyramid: every trainable parameter gets a gradient", () => {
  const { parameters, net } = build({ maskDropRate: 0.5 });
  openGates(parameters);
  tf.tidy(() => {
    const [x, m] = [pictures(), mask()];
    const loss = () => {
      const shown = net.apply(x, training("shown"), m);
      return shown.add(net.apply(x, inference)).square().sum() as tf.Scalar;
    };
    const { grads } = tf.variableGrads(loss);
    for (const name of parameters.names("trainable")) {
      const size = grads[parameters.get(name).name].abs().max().dataSync()[0];
      assertEquals(Number.isFinite(size) && size > 0, true, name);
    }
  });
  parameters.dispose();
});

Deno.test("pyramid: the mask is seen in training only, and only when it is not dropped", () => {
  const { parameters, net } = build({ backboneWeights: "frozen.safetensors" });
  openGates(parameters);
  const hiding = new Parameters(5);
  const hider = new PyramidNet(hiding.root(), {
    ...config,
    backboneWeights: "frozen.safetensors",
    maskDropRate: 1,
  }, { edge: 64, channels: 2 });
  openGates(hiding);
  tf.tidy(() => {
    const [x, m] = [pictures(), mask()];
    const blind = net.apply(x, inference);
    assertClose(net.apply(x, inference, m), blind, 0, "inference with a mask");
    assertClose(net.apply(x, training("a")), blind, 0, "training without a mask");
    assertClose(hider.apply(x, training("a"), m), blind, 0, "training with a dropped mask");
    assertEquals(largestError(net.apply(x, training("a"), m), blind) > 1e-6, true);
  });
  parameters.dispose();
  hiding.dispose();
});

Deno.test("pyramid: pictures do not influence each other at inference", () => {
  const { parameters, net } = build();
  openGates(parameters);
  tf.tidy(() => {
    const x = pictures();
    const second = net.apply(x.slice([1, 0, 0, 0], [1, -1, -1, -1]), inference);
    assertClose(net.apply(x, inference).slice([1, 0], [1, 4]), second, 1e-5, "second picture");
  });
  parameters.dispose();
});

Deno.test("pyramid: boxes are read with equal confidence", async () => {
  const { parameters, net } = build();
  const boxes = tf.tensor2d([[0.5, 0.25, 0.5, 0.25], [0.875, 0.5, 0.5, 0.5]]);
  assertEquals(await net.read(boxes), [
    [{ boxUnit: { min: [0.25, 0.125], max: [0.75, 0.375] }, confidence: [1, 1] }],
    [{ boxUnit: { min: [0.625, 0.25], max: [1, 0.75] }, confidence: [1, 1] }],
  ]);
  boxes.dispose();
  parameters.dispose();
});

Deno.test("pyramid: edges must survive all halvings, and pictures have that edge", () => {
  assertThrows(() => build({}, { edge: 48, channels: 1 }), UserError, "multiple of 32");
  const { parameters, net } = build();
  const x = tf.zeros<tf.Rank.R4>([1, 64, 32, 2]);
  assertThrows(() => net.apply(x, inference), RangeError, "64 x 64");
  x.dispose();
  parameters.dispose();
});

Deno.test("pyramid: sampling offsets learn slowly, and so does a pretrained backbone", () => {
  for (const backboneWeights of ["", "resnet.safetensors"]) {
    const { parameters, net } = build({ backboneWeights });
    const slow = parameters.names("trainable").filter((name) => net.learningRateScale(name) < 1);
    assertEquals(slow.includes("encoder1.self.attention.samplingOffsets.bias"), true);
    assertEquals(slow.includes("backbone.conv1.weight"), backboneWeights !== "");
    const isExpected = (name: string) =>
      name.includes("samplingOffsets") || backboneWeights !== "" && name.startsWith("backbone.");
    assertEquals(slow.every(isExpected), true);
    parameters.dispose();
  }
});

Deno.test("pyramid: parameters and multiply-accumulates of the paper preset", () => {
  const { network, view } = presets.paper.detector;
  if (network.kind !== "pyramid") throw new Error("the paper preset has the pyramid detector");
  const { parameters, net } = build(network, { edge: view.edge, channels: 1 });
  const x = tf.zeros<tf.Rank.R4>([1, view.edge, view.edge, 1]);
  const { macs } = countMacs(() => net.apply(x, inference).dispose());
  assertEquals(parameters.count(), 31_268_172);
  assertEquals(macs, 2_259_814_400);
  x.dispose();
  parameters.dispose();
});

Deno.test("pyramid: maps halve and double; the mask reaches only the decoder", () => {
  const { parameters, net } = build();
  tf.tidy(() => {
    const [plain, shown] = [undefined, mask()].map((mask) =>
      net.features(pictures(), training("features"), mask)
    );
    assertEquals(plain.encoded.map((map) => map.shape[1]), [16, 8, 4, 2]);
    assertEquals(plain.decoded.map((map) => map.shape[2]), [2, 4, 8, 16]);
    plain.encoded.forEach((map, i) => assertEquals(largestError(map, shown.encoded[i]), 0));
    plain.decoded.slice(1).forEach((map, i) =>
      assertEquals(largestError(map, shown.decoded[i + 1]) > 1e-3, true)
    );
  });
  parameters.dispose();
});
