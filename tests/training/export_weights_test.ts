import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import {
  readSafetensors,
  type SafetensorsTensor,
  writeSafetensors,
} from "../../lib/nn/safetensors.ts";
import * as tf from "../../lib/tf.ts";
import { exportWeights, lastTrainedPhase } from "../../lib/training/export_weights.ts";
import { modelFile } from "../../lib/training/run_folder.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared, tinyRun } from "./tiny_run.ts";

/** One step at a rate of nearly nothing: the weights stay where they started. */
const still = [
  "phases.segmentor.epochs=1",
  "phases.segmentor.learningRate=1e-12",
  "phases.segmentor.weightDecay=0",
  "phases.segmentor.emaDecay=0",
];

/** A parameter of each, there and here. */
const examples = {
  "segmentor": ["Encoder.Stages.2.DWconv.depth_wise.weight", "encoder.level2.conv.weight"],
  "slim-unetr": ["Encoder.DWconv3.depth_wise.weight", "encoder.level2.conv.weight"],
} as const;

/** A kernel `[outputs, inputs, z, y, x]` as PyTorch has it, in our order `[z, y, x, inputs, outputs]`. */
function channelsLast(
  { shape: [outputs, inputs, ...taps], data }: SafetensorsTensor,
): Float32Array {
  const count = taps.reduce((product, edge) => product * edge);
  return Float32Array.from(data, (_, i) => {
    const [output, rest] = [i % outputs, Math.floor(i / outputs)];
    return data[(output * inputs + rest % inputs) * count + Math.floor(rest / inputs)];
  });
}

Deno.test("trained weights go to PyTorch's names, and a training starts from them", async () => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const before = tf.memory().numTensors;
    for (const model of ["segmentor", "slim-unetr"] as const) {
      const [path, phases] = [`${dir}/${model}.safetensors`, ["segmentor"] as const];
      const set = [`model=${model}`, ...still];
      const run = await tinyRun(prepared, `${dir}/${model}`, {
        phases,
        set: [...set, "phases.segmentor.learningRate=1e-2"],
      });
      assertEquals(await lastTrainedPhase(run), "segmentor");
      await exportWeights(run, "segmentor", path);
      const { tensors, metadata } = await readSafetensors(path);
      assertEquals([metadata.model, metadata.phase], [model, "segmentor"]);
      assertEquals(JSON.parse(metadata.organ), run.record.organ);
      const trained = (await readSafetensors(modelFile(run, "segmentor"))).tensors;
      const [theirs, ours] = examples[model];
      assertEquals(channelsLast(tensors.get(theirs)!), trained.get(ours)!.data);
      await assertRejects(() => exportWeights(run, "segmentor", path), UserError, "there already");
      await assertRejects(() => exportWeights(run, "whole", `${dir}/x`), UserError, "whole");

      const next = await tinyRun(prepared, `${dir}/${model}-next`, {
        phases,
        set: [...set, "seed=7", `modelWeights=${path}`],
      });
      const begun = (await readSafetensors(modelFile(next, "segmentor"))).tensors;
      for (const [name, { data }] of trained) {
        if (name.includes(".running")) continue; // these move in every step
        assert(data.every((value, i) => Math.abs(value - begun.get(name)!.data[i]) < 1e-6), name);
      }
    }
    assertEquals(tf.memory().numTensors, before);
  });
});

Deno.test("weights that are missing or of another model are refused before any training", async () => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const before = tf.memory().numTensors;
    const start = (folder: string, path: string) =>
      tinyRun(prepared, `${dir}/${folder}`, {
        phases: ["detector", "segmentor"],
        set: [`modelWeights=${path}`],
      });
    await assertRejects(() => start("a", `${dir}/none`), UserError, "modelWeights");
    await assertRejects(() => Deno.stat(`${dir}/a`), Deno.errors.NotFound);
    const path = `${dir}/other.safetensors`;
    const stem = { shape: [1], data: new Float32Array(1) };
    await writeSafetensors(path, new Map([["stem.weight", stem]]));
    await assertRejects(() => start("b", path), UserError, "no parameter stem.weight");
    await assertRejects(() => Deno.stat(`${dir}/b/detector`), Deno.errors.NotFound);
    assertEquals(tf.memory().numTensors, before);
  });
});
