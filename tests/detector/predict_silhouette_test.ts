import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import { presets } from "../../lib/config/presets.ts";
import { buildDetector } from "../../lib/detector/detector.ts";
import { predictSilhouette } from "../../lib/detector/predict_silhouette.ts";
import { readWalls } from "../../lib/detector/silhouette_walls.ts";
import { UserError } from "../../lib/errors.ts";
import { Random } from "../../lib/random.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";
import type { Volume } from "../../lib/volume/volume.ts";
import { uniform } from "../tensors.ts";

const random = new Random("cube");
const cube: Volume = {
  shape: [32, 32, 32],
  affine: scaleAndShift([1, 1, 1], [0, 0, 0]),
  data: Float32Array.from({ length: 32 ** 3 }, () => random.next()),
};

Deno.test("predicted silhouettes are what the detector reads its boxes from", async () => {
  const detector = buildDetector(presets.tiny.detector, 4);
  const { parameters } = detector.modules.yz;
  // An untrained network finds nothing: a head that says yes almost everywhere does.
  const bias = parameters.names().find((name) => name.startsWith("head.") && name.endsWith("bias"));
  tf.tidy(() => parameters.get(bias!).assign(uniform(random, [1], 0.2, 0.4)));
  const before = tf.memory().numTensors;
  const silhouette = await predictSilhouette(detector, cube, "yz");
  assertEquals(tf.memory().numTensors, before);
  assertEquals(silhouette.length, 32 * 32);
  assertEquals(silhouette.every((value) => value > 0 && value < 1), true);
  const { views } = await detector.detect(cube);
  assertEquals(readWalls(silhouette, 32, 32), views.yz);
  assertEquals(views.yz.confidence[0] > 0, true);
  detector.dispose();
});

Deno.test("a detector of boxes has no silhouettes to show", async () => {
  const detector = buildDetector({
    ...presets.paper.detector,
    view: { kind: "centre", slabCount: 1, edge: 32, filter: "none" },
    network: {
      kind: "pyramid",
      backbone: "small",
      backboneWeights: "",
      stageCount: 2,
      width: 8,
      heads: 2,
      points: 1,
      feedForwardWidth: 8,
      maskDropRate: 0.5,
    },
  }, 4);
  await assertRejects(() => predictSilhouette(detector, cube, "xy"), UserError, "kind pyramid");
  detector.dispose();
});
