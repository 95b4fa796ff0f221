import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { dirname } from "node:path";
import { paperPhases } from "../../lib/config/config.ts";
import type { PreparedDataset } from "../../lib/dataset/case.ts";
import { caseFiles } from "../../lib/dataset/prepare_case.ts";
import { UserError } from "../../lib/errors.ts";
import { lockFolder } from "../../lib/folder_lock.ts";
import { readSafetensors } from "../../lib/nn/safetensors.ts";
import * as tf from "../../lib/tf.ts";
import { readHistory } from "../../lib/training/history.ts";
import { createRun, modelFile, openRun, type Run } from "../../lib/training/run_folder.ts";
import { trainRun } from "../../lib/training/train_run.ts";
import { viewNames } from "../../lib/volume/projection.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared, tinyRun } from "./tiny_run.ts";

/** Quick, and fine-tuning so slow that its weights stay those it started from. */
const set = [
  ...["detector", "segmentor", "finetune", "whole"].map((phase) => `phases.${phase}.epochs=1`),
  "phases.finetune.learningRate=1e-12",
  "phases.finetune.weightDecay=0",
];

/** What a file holds of trained weights: without running statistics, which any pass moves. */
async function weightsIn(path: string): Promise<Map<string, Float32Array>> {
  const { tensors } = await readSafetensors(path);
  const trained = [...tensors].filter(([name]) => !name.includes(".running"));
  return new Map(trained.map(([name, { data }]) => [name, Float32Array.from(data)]));
}

/** Largest difference of two sets of weights. */
function distance(a: Map<string, Float32Array>, b: Map<string, Float32Array>): number {
  assertEquals([...a.keys()].sort(), [...b.keys()].sort());
  let largest = 0;
  for (const [name, values] of a) {
    values.forEach((value, i) => largest = Math.max(largest, Math.abs(value - b.get(name)![i])));
  }
  return largest;
}

/** What fine-tuning builds on. */
function modelFiles(run: Run): string[] {
  const views = viewNames.map((view) => modelFile(run, "detector", view));
  return [...views, modelFile(run, "segmentor")];
}

async function modelBytes(run: Run): Promise<string[]> {
  return await Promise.all(
    modelFiles(run).map(async (path) => (await Deno.readFile(path)).toHex()),
  );
}

async function copyModels(from: Run, to: Run): Promise<void> {
  const targets = modelFiles(to);
  for (const [i, path] of modelFiles(from).entries()) {
    await Deno.mkdir(dirname(targets[i]), { recursive: true });
    await Deno.copyFile(path, targets[i]);
  }
}

/** Each phase needs those before it, and leaves them alone. */
async function testPhases(prepared: PreparedDataset, dir: string): Promise<Run> {
  const folder = `${dir}/run`;
  const run = await tinyRun(prepared, folder, { phases: [], set });
  const train = (phase: "detector" | "segmentor" | "finetune" | "whole", resume = false) =>
    trainRun(run, prepared, { phases: [phase], resume });

  const before = tf.memory().numTensors;
  const early = await assertRejects(() => train("finetune"), UserError, "detector must have");
  assert(early.message.includes(`--run '${folder}' --resume`));
  assertEquals(tf.memory().numTensors, before, "a refused phase leaves tensors");

  const detector = await train("detector");
  assertEquals(detector.map(({ name }) => name), ["detector-xy", "detector-yz", "detector-xz"]);
  assert(detector.every(({ result }) => !result.stopped && result.best !== null));
  await assertRejects(() => train("finetune"), UserError, "segmentor must have");
  await train("segmentor");
  const frozen = await modelBytes(run);
  assertEquals(new Set(frozen).size, 4, "each module has weights of its own");

  await train("finetune");
  assertEquals(await modelBytes(run), frozen, "fine-tuning changes its own weights only");
  const [start, end] = await Promise.all(
    (["segmentor", "finetune"] as const).map((phase) => weightsIn(modelFile(run, phase))),
  );
  assert(distance(start, end) < 1e-6, "fine-tuning starts from the segmentor's weights");
  assertEquals(tf.memory().numTensors, before, "training leaves tensors");
  return run;
}

Deno.test("a run is trained phase by phase", async (t) => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const run = await testPhases(prepared, dir);

    await t.step(
      "a phase that is there is not begun anew, but passed over with resume",
      async () => {
        await assertRejects(
          () => trainRun(run, prepared, { phases: ["segmentor"], resume: false }),
          UserError,
          "--resume",
        );
        const before = await modelBytes(run);
        const reopened = await openRun(run.folder);
        const parts = await trainRun(reopened, prepared, { phases: paperPhases, resume: true });
        assertEquals(parts.map(({ name }) => name), [
          ...["detector-xy", "detector-yz", "detector-xz"],
          ...["segmentor", "finetune"],
        ]);
        assertEquals(await modelBytes(run), before);
      },
    );

    await t.step("a phase that came from another run is passed over, too", async () => {
      const taken = await tinyRun(prepared, `${dir}/taken`, { phases: [], set });
      await copyModels(run, taken);
      const parts = await trainRun(taken, prepared, { phases: paperPhases, resume: true });
      assertEquals(parts.map(({ name }) => name), ["finetune"]);
      assertEquals(await modelBytes(taken), await modelBytes(run));
    });

    await t.step("workers make the same samples, and say what is wrong with a case", async () => {
      const beside = await tinyRun(prepared, `${dir}/beside`, { phases: [], set });
      await copyModels(run, beside);
      await Deno.remove(modelFile(beside, "segmentor"));
      const phases = ["segmentor", "finetune"] as const;
      await trainRun(beside, prepared, { phases, resume: true, workers: 2 });
      assertEquals(await modelBytes(beside), await modelBytes(run));
      // The weights of the fine-tuning hardly move: what it has seen shows in its losses.
      const seen = async ({ folder }: typeof run) =>
        (await readHistory(`${folder}/finetune/history.jsonl`)).map(({ loss, gradientNorm }) => {
          return { loss, gradientNorm };
        });
      assertEquals(await seen(beside), await seen(run));

      const [lost] = run.record.split.training;
      const path = `${prepared.dir}/${lost}/${caseFiles.scanImage}`;
      await Deno.rename(path, `${path}.away`);
      await assertRejects(
        () => trainRun(beside, prepared, { phases: ["whole"], resume: true, workers: 2 }),
        UserError,
        path,
      );
      await Deno.rename(`${path}.away`, path);
    });

    await t.step("one process at a time trains a run", async () => {
      using _lock = await lockFolder(run.folder, "train");
      await assertRejects(
        () => trainRun(run, prepared, { phases: ["whole"], resume: true }),
        UserError,
        "in use by another",
      );
    });

    await t.step("other cases, or the same prepared in another way, are refused", async () => {
      const goOn = (changed: PreparedDataset) =>
        trainRun(run, changed, { phases: ["whole"], resume: true });
      const entries = prepared.entries.map((entry) => ({
        ...entry,
        source: { ...entry.source, labels: { ...entry.source.labels, sha256: "others" } },
      }));
      await assertRejects(() => goOn({ ...prepared, entries }), UserError, "labels are others");
      const settings = { ...prepared.settings, scanMaxEdge: 20 };
      await assertRejects(() => goOn({ ...prepared, settings }), UserError, "in another way");
    });

    await t.step("fine-tuning sees the regions and the image that are configured", async () => {
      const losses = async (groundTruthShare: number, source: "scan" | "cube") => {
        const folder = `${dir}/${source} ${groundTruthShare}`;
        const { config } = run.record;
        const twin = await createRun(folder, {
          ...run.record,
          config: {
            ...config,
            segmentor: { ...config.segmentor, source },
            roiTraining: { ...config.roiTraining, groundTruthShare, faceJitter: 0 },
          },
        });
        await copyModels(run, twin);
        await trainRun(twin, prepared, { phases: ["finetune"], resume: false });
        const [line] = (await Deno.readTextFile(`${folder}/finetune/history.jsonl`)).split("\n");
        return JSON.parse(line).loss.total;
      };
      const all = [await losses(0, "scan"), await losses(1, "scan"), await losses(0, "cube")];
      assertEquals(new Set(all).size, 3);
    });

    await t.step(
      "fine-tuning learns the cube of a search, and what only a search runs fast",
      async () => {
        const edges = ["segmentor.edge=32", "segmentor.searchSkips=1"];
        const searching = await tinyRun(prepared, `${dir}/searching`, {
          phases: [],
          set: [...set, ...edges],
        });
        await copyModels(run, searching);
        await trainRun(searching, prepared, { phases: ["finetune"], resume: true });
        const [line] = await readHistory(`${searching.folder}/finetune/history.jsonl`);
        assertEquals(Object.keys(line.validation!.metrics), ["dice at 32", "dice at 16"]);
        const [start, end] = await Promise.all(
          (["segmentor", "finetune"] as const).map((phase) =>
            weightsIn(modelFile(searching, phase))
          ),
        );
        const isMoved = ([name, values]: [string, Float32Array]) =>
          values.some((value, i) => Math.abs(value - end.get(name)![i]) > 1e-6);
        const moved = [...start].filter(isMoved).map(([name]) => name);
        assert(moved.length > 0);
        assertEquals(moved.filter((name) => !name.includes(".gate3.")), []);
      },
    );

    await t.step("the whole-volume twin is a network of its own", async () => {
      await trainRun(run, prepared, { phases: ["whole"], resume: true });
      const { metadata } = await readSafetensors(modelFile(run, "whole"));
      assertEquals(metadata.phase, "whole");
      assertNotEquals(
        await weightsIn(modelFile(run, "whole")),
        await weightsIn(modelFile(run, "segmentor")),
      );
    });

    await t.step("a stop ends the part at work, and the rest is not begun", async () => {
      const before = tf.memory().numTensors;
      const stopped = await tinyRun(prepared, `${dir}/stopped`, { phases: [], set });
      const stop = new AbortController();
      const parts = await trainRun(stopped, prepared, {
        phases: paperPhases,
        resume: false,
        stop: stop.signal,
        listenTo: () => ({ step: ({ phase }) => phase === "detector-yz" && stop.abort() }),
      });
      assertEquals(parts.map(({ name, result }) => [name, result.stopped]), [
        ["detector-xy", false],
        ["detector-yz", true],
      ]);
      const rest = await trainRun(stopped, prepared, { phases: paperPhases, resume: true });
      assertEquals(rest.length, 5);
      assertEquals(await modelBytes(stopped), await modelBytes(run), "as without a stop");
      assertEquals(tf.memory().numTensors, before);
    });
  });
});
