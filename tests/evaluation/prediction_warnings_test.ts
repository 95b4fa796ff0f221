import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ViewBox } from "../../lib/detector/fusion.ts";
import {
  modalityWarnings,
  predictionWarnings,
  trainingWarnings,
} from "../../lib/evaluation/prediction_warnings.ts";
import type { Run } from "../../lib/training/run_folder.ts";

const nothing: ViewBox = { boxUnit: { min: [0, 0], max: [1, 1] }, confidence: [0, 0] };
const something: ViewBox = {
  boxUnit: { min: [0.2, 0.1], max: [0.7, 0.4] },
  confidence: [0.8, 0.6],
};

Deno.test("a result is doubtful where nothing was found, or something in an unusual place", () => {
  const volumes = { liver: 1.5e6 };
  const warn = (view: ViewBox, isUsual: boolean) =>
    predictionWarnings(
      "liver",
      { views: { xy: nothing, yz: view, xz: nothing }, isUsual },
      volumes,
      null,
    );
  assertEquals(warn(something, true), []);
  assertEquals(warn(something, false).length, 1);
  const first = "the detector found no liver:";
  assertEquals(warn(nothing, true), [`${first} the whole scan was segmented first`]);
  assertEquals(warn(nothing, false), [`${first} all usual places were segmented first`]);
  assertEquals(predictionWarnings("liver", null, volumes, null), []);
});

Deno.test("a scan named as a case that a run learned from is no test of it", () => {
  const split = { training: ["a", "b"], validation: ["c"], test: ["d"] };
  const runs = ["x/one", "two"].map((folder, i) => {
    const training = i === 0 ? split.training : ["e"];
    return { folder, record: { split: { ...split, training } } } as unknown as Run;
  });
  assertEquals(trainingWarnings("d", runs), []);
  assertEquals(trainingWarnings("a_0000", runs).map((text) => text.split(" ")[0]), ["one"]);
  assertStringIncludes(trainingWarnings("c", runs)[0], "one and two learned");
});

Deno.test("a result is doubtful where a class is missing", () => {
  const [missing, ...others] = predictionWarnings(
    "kidneys",
    null,
    { left: 0, right: 3, cyst: 0 },
    null,
  );
  assertEquals([missing, others], ["nothing was segmented as left or cyst", []]);
});

Deno.test("a result is doubtful where its volume is far from those of the training cases", () => {
  const usual = { min: 100_000, max: 250_000 };
  const warn = (left: number, right: number) =>
    predictionWarnings("kidneys", null, { left, right }, usual);
  assertEquals([warn(30_000, 20_000), warn(100_000, 225_000)], [[], []]);
  assertEquals(warn(20_000, 29_000), ["49 ml of kidneys are unusual: training has 100 to 250 ml"]);
  assertEquals(warn(200_000, 126_000).length, 1);
  assertEquals(warn(0, 0), ["nothing was segmented as left or right"], "that says enough");
});

Deno.test("a scan of another modality than was learned from is doubtful", () => {
  const grid = { shape: [2, 1, 1], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] } as const;
  const scan = (low: number, ...values: number[]) => ({
    scanImage: { ...grid, data: Float32Array.from(values) },
    window: { low, high: 240 },
  });
  assertEquals(modalityWarnings("mr", scan(0, 0, 1)), []);
  assertStringIncludes(modalityWarnings("mr", scan(-1000, 0, 1))[0], "look like a CT");
  assertEquals(modalityWarnings("ct", scan(-160, 0, 1)), []);
  assertStringIncludes(modalityWarnings("ct", scan(-160, 0.4, 1))[0], "no voxel is below -160");
});
