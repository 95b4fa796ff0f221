import { assertEquals, assertRejects } from "@std/assert";
import { makeConfig } from "../../lib/config/overrides.ts";
import type { PreparedDataset } from "../../lib/dataset/case.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { UserError } from "../../lib/errors.ts";
import { savePytorchWeights } from "../../lib/peers/pytorch_weights.ts";
import * as tf from "../../lib/tf.ts";
import { buildSegmentor } from "../../lib/training/build_segmentor.ts";
import { requireStart } from "../../lib/training/first_network.ts";
import type { Run } from "../../lib/training/run_folder.ts";
import { startRun } from "../../lib/training/start_run.ts";
import { trainRun } from "../../lib/training/train_run.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared } from "./tiny_run.ts";

async function untrained(
  prepared: PreparedDataset,
  folder: string,
  set: readonly string[] = [],
): Promise<Run> {
  const organ = parseOrgan("liver", prepared.labels);
  return await startRun({ prepared, organ, config: makeConfig("tiny", set), folder });
}

async function writeWeights(run: Run, path: string): Promise<void> {
  const { model, parameters } = buildSegmentor(run, "segmentor");
  await savePytorchWeights({ name: model, parameters }, path);
  parameters.dispose();
}

Deno.test("a phase with a checkpoint goes on without the weights that it started from", async () => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const before = tf.memory().numTensors;
    const path = `${dir}/start.safetensors`;
    await writeWeights(await untrained(prepared, `${dir}/other`), path);
    const run = await untrained(prepared, `${dir}/run`, [`modelWeights=${path}`]);
    const phases = ["segmentor"] as const;
    const stop = new AbortController();
    const [begun] = await trainRun(run, prepared, {
      phases,
      resume: false,
      stop: stop.signal,
      listenTo: () => ({ step: () => stop.abort() }),
    });
    assertEquals(begun.result.stopped, true);

    await Deno.remove(path);
    await assertRejects(() => requireStart(run, ["whole"]), UserError, path);
    const [done] = await trainRun(run, prepared, { phases, resume: true });
    assertEquals(done.result.stopped, false);
    assertEquals(tf.memory().numTensors, before);
  });
});
