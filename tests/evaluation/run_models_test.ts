import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { PhaseName } from "../../lib/config/config.ts";
import { makeConfig } from "../../lib/config/overrides.ts";
import { defaultSettings } from "../../lib/dataset/prepare.ts";
import { UserError } from "../../lib/errors.ts";
import { loadSegmentor, trainedModes } from "../../lib/evaluation/run_models.ts";
import { isPhaseTrained } from "../../lib/training/run_part.ts";
import { loadDetector } from "../../lib/training/trained_detector.ts";
import { buildDetector } from "../../lib/detector/detector.ts";
import { loadParameters } from "../../lib/nn/weights_file.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { writeSafetensors } from "../../lib/nn/safetensors.ts";
import * as tf from "../../lib/tf.ts";
import { buildSegmentor } from "../../lib/training/build_segmentor.ts";
import { createRun, modelFile, type Run } from "../../lib/training/run_folder.ts";
import { type ViewName, viewNames } from "../../lib/volume/projection.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

async function newRun(folder: string): Promise<Run> {
  return await createRun(folder, {
    formatVersion: 1,
    createdAt: "",
    config: makeConfig("tiny", ["cubeEdge=64"]),
    organ: { name: "liver", classes: [{ name: "liver", values: [6] }] },
    datasetName: "",
    preparedFolder: "",
    settings: { ...defaultSettings, cubeEdge: 64 },
    modalities: ["ct"],
    split: { training: [], validation: [], test: [], dropped: [] },
    splitRule: "",
    roiEdge: 16,
    environment: {},
  });
}

/** Writes weights that are all one number, as a phase that has finished leaves them. */
async function finish(run: Run, phase: Exclude<PhaseName, "detector">, fill: number) {
  const { parameters } = buildSegmentor(run, phase);
  await writeFilled(parameters, modelFile(run, phase), fill);
}

async function finishView(run: Run, view: ViewName, fill: number): Promise<void> {
  const detector = buildDetector(run.record.config.detector, 0);
  await writeFilled(detector.modules[view].parameters, modelFile(run, "detector", view), fill);
  detector.dispose();
}

async function writeFilled(parameters: Parameters, path: string, fill: number): Promise<void> {
  const values = await parameters.read();
  for (const { data } of values.values()) data.fill(fill);
  await writeSafetensors(path, values, { phase: "test" });
  parameters.dispose();
}

/** The number that all weights are. */
async function fillOf(parameters: Parameters): Promise<number> {
  const values = [...(await parameters.read()).values()].flatMap(({ data }) => [...new Set(data)]);
  assertEquals(new Set(values).size, 1);
  return values[0];
}

Deno.test("a run's modes are those whose phases have all finished", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await newRun(dir);
    assertEquals(await trainedModes(run), []);
    await finish(run, "whole", 1);
    assertEquals(await trainedModes(run), ["withoutCrop"]);
    await finish(run, "segmentor", 2);
    assertEquals(await trainedModes(run), ["groundTruthRoi", "withoutCrop"]);
    await finishView(run, "xy", 1);
    await finishView(run, "yz", 2);
    assertEquals(await isPhaseTrained(run, "detector"), false);
    assertEquals(await trainedModes(run), ["groundTruthRoi", "withoutCrop"]);
    await finishView(run, "xz", 3);
    assertEquals(await isPhaseTrained(run, "detector"), true);
    assertEquals(await trainedModes(run), ["groundTruthRoi", "withCrop", "withoutCrop"]);
  });
});

Deno.test("each mode gets the weights of its own phase", async () => {
  await inTemporaryFolder(async (dir) => {
    const before = tf.memory().numTensors;
    const run = await newRun(dir);
    const load = async (mode: "groundTruthRoi" | "withCrop" | "withoutCrop") => {
      const { parameters, phase, edge } = await loadSegmentor(run, mode);
      const fill = await fillOf(parameters);
      parameters.dispose();
      return { phase, fill, edge };
    };
    await finish(run, "segmentor", 0.25);
    await finish(run, "whole", 0.75);
    assertEquals(await load("withCrop"), { phase: "segmentor", fill: 0.25, edge: 16 });
    await finish(run, "finetune", 0.5);
    assertEquals(await load("groundTruthRoi"), { phase: "segmentor", fill: 0.25, edge: 16 });
    assertEquals(await load("withCrop"), { phase: "finetune", fill: 0.5, edge: 16 });
    assertEquals(await load("withoutCrop"), { phase: "whole", fill: 0.75, edge: 64 });
    assertEquals(tf.memory().numTensors, before);
  });
});

Deno.test("each view of the detector gets its own weights", async () => {
  await inTemporaryFolder(async (dir) => {
    const before = tf.memory().numTensors;
    const run = await newRun(dir);
    for (const [i, view] of viewNames.entries()) await finishView(run, view, i + 1);
    const detector = await loadDetector(run);
    for (const [i, view] of viewNames.entries()) {
      assertEquals(await fillOf(detector.modules[view].parameters), i + 1);
    }
    detector.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
});

Deno.test("the run's largestComponent can be overruled", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await newRun(dir);
    await finish(run, "segmentor", 1);
    assertEquals(run.record.config.segmentor.largestComponent, true);
    for (const [largest, expected] of [[undefined, [1]], [true, [1]], [false, null]] as const) {
      const { pieces, parameters } = await loadSegmentor(run, "groundTruthRoi", largest);
      assertEquals(pieces, expected);
      parameters.dispose();
    }
  });
});

Deno.test("a missing phase is named with the command that trains it; nothing leaks", async () => {
  await inTemporaryFolder(async (dir) => {
    const before = tf.memory().numTensors;
    const run = await newRun(dir);
    await finishView(run, "xy", 1);
    const phases: [() => Promise<unknown>, string][] = [
      [() => loadDetector(run), "detector"],
      [() => loadSegmentor(run, "groundTruthRoi"), "segmentor"],
      [() => loadSegmentor(run, "withCrop"), "finetune"],
      [() => loadSegmentor(run, "withoutCrop"), "whole"],
    ];
    for (const [load, phase] of phases) {
      const { message } = await assertRejects(load, UserError);
      assertStringIncludes(
        message,
        `--run '${dir}' --resume${phase === "whole" ? " --phase whole" : ""}`,
      );
    }
    assertEquals(tf.memory().numTensors, before);
  });
});

Deno.test("weights of another model, or a damaged file, are refused; nothing leaks", async () => {
  await inTemporaryFolder(async (dir) => {
    const before = tf.memory().numTensors;
    const run = await newRun(dir);
    for (const view of viewNames) await finishView(run, view, 1);
    const path = modelFile(run, "segmentor");
    await Deno.mkdir(`${dir}/segmentor`);
    await Deno.copyFile(modelFile(run, "detector", "xy"), path);
    await assertRejects(() => loadSegmentor(run, "groundTruthRoi"), UserError, path);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(modelFile(run, "detector", "xz"), bytes.subarray(0, bytes.length - 9));
    await assertRejects(() => loadDetector(run), UserError, "xz");
    assertEquals(tf.memory().numTensors, before);
  });
});

Deno.test("loadParameters() changes nothing when the file does not fit", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await newRun(dir);
    const { parameters } = buildSegmentor(run, "segmentor");
    const before = await parameters.read();
    const values = await parameters.read();
    const [first, ...others] = values.keys();
    values.get(others[0])!.data.fill(9);
    values.delete(first);
    await writeSafetensors(`${dir}/w.safetensors`, values, {});
    await assertRejects(() => loadParameters(parameters, `${dir}/w.safetensors`), UserError, first);
    assertEquals(await parameters.read(), before);
    values.set(first, before.get(first)!);
    await writeSafetensors(`${dir}/w.safetensors`, values, { epoch: "3" });
    assertEquals(await loadParameters(parameters, `${dir}/w.safetensors`), { epoch: "3" });
    assertNotEquals(await parameters.read(), before);
    parameters.dispose();
  });
});
