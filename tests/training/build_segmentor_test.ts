import { assertEquals, assertNotEquals } from "@std/assert";
import { makeConfig } from "../../lib/config/overrides.ts";
import { presets } from "../../lib/config/presets.ts";
import { defaultSettings } from "../../lib/dataset/prepare.ts";
import { inference } from "../../lib/nn/parameters.ts";
import { legalEdges, stageForEdge } from "../../lib/segmentor/stage_rule.ts";
import * as tf from "../../lib/tf.ts";
import { buildSegmentor, wholeVolumeConfig } from "../../lib/training/build_segmentor.ts";
import type { Run } from "../../lib/training/run_folder.ts";

function runWith(set: readonly string[], classes = 1): Run {
  const config = makeConfig("tiny", set);
  const values = Array.from({ length: classes }, (_, i) => ({ name: `${i}`, values: [i + 1] }));
  return {
    folder: "",
    record: {
      formatVersion: 1,
      createdAt: "",
      config,
      organ: { name: "organ", classes: values },
      datasetName: "",
      preparedFolder: "",
      settings: { ...defaultSettings, cubeEdge: config.cubeEdge },
      modalities: ["ct"],
      split: { training: [], validation: [], test: [], dropped: [] },
      splitRule: "",
      roiEdge: 16,
      environment: {},
    },
  };
}

async function weightsOf(run: Run): Promise<unknown> {
  const { parameters } = buildSegmentor(run, "segmentor");
  const weights = await parameters.read();
  parameters.dispose();
  return weights;
}

Deno.test("the network for whole volumes takes the cube of the paper at its first stage", () => {
  const config = wholeVolumeConfig(presets.focus.segmentor, 128);
  assertEquals(legalEdges(config), [128, 64, 32]);
  assertEquals(stageForEdge(config.edge as number, config), 1);
  // The whole volume is a region like another, from the source that regions are sampled from.
  assertEquals(config.source, "scan");
  assertEquals(wholeVolumeConfig(presets.paper.segmentor, 128).source, "cube");
  assertEquals(config.channels, presets.focus.segmentor.channels);
  assertEquals(presets.focus.segmentor.minEdge, 16);
});

Deno.test("the network for whole volumes runs on a cube of 128 and uses all its levels", () => {
  const before = tf.memory().numTensors;
  const run = runWith(["cubeEdge=128"], 2);
  const { segmentor, parameters, edge } = buildSegmentor(run, "whole");
  assertEquals(edge, 128);
  const shape = tf.tidy(() => {
    const image = tf.zeros([1, edge, edge, edge, 1]) as tf.Tensor5D;
    return segmentor.apply(image, inference).shape;
  });
  assertEquals(shape, [1, 128, 128, 128, 3]);
  const skipped = parameters.names("trainable")
    .filter((name) => !segmentor.activeNames(edge).includes(name));
  assertEquals(skipped.filter((name) => !name.includes(".gate")), []);
  parameters.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("the other phases take the organ's cube, with the run's configuration", () => {
  const run = runWith(["cubeEdge=64"]);
  for (const phase of ["segmentor", "finetune"] as const) {
    const { edge, config, segmentor, parameters } = buildSegmentor(run, phase);
    assertEquals([edge, segmentor.outputs], [16, 1]);
    assertEquals(config, run.record.config.segmentor);
    parameters.dispose();
  }
});

Deno.test("only a fine-tuned network searches in a smaller cube, where it runs more than once", () => {
  const edgesOf = (phase: "segmentor" | "finetune" | "whole", ...set: string[]) => {
    const { record } = runWith(["cubeEdge=64", "segmentor.searchSkips=1", ...set]);
    const built = buildSegmentor({ folder: "", record: { ...record, roiEdge: 32 } }, phase);
    built.parameters.dispose();
    return [built.edge, built.searchEdge];
  };
  assertEquals(edgesOf("finetune"), [32, 16]);
  assertEquals(edgesOf("finetune", "segmentor.searchSkips=0"), [32, 32]);
  assertEquals(edgesOf("finetune", "segmentor.passes=1"), [32, 32]);
  assertEquals(edgesOf("finetune", "model=segformer3d"), [32, 32]);
  assertEquals(edgesOf("segmentor"), [32, 32]);
  assertEquals(edgesOf("whole"), [64, 64]);
});

Deno.test("first weights depend on the seed and on nothing else", async () => {
  assertEquals(await weightsOf(runWith([])), await weightsOf(runWith([])));
  assertNotEquals(await weightsOf(runWith([])), await weightsOf(runWith(["seed=1"])));
});
