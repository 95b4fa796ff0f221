import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import { readSafetensors } from "../../lib/nn/safetensors.ts";
import * as tf from "../../lib/tf.ts";
import { epochBatches, stepsPerEpoch } from "../../lib/training/batches.ts";
import { checkpointPath } from "../../lib/training/checkpoint.ts";
import { fit } from "../../lib/training/fit.ts";
import { historyPath, modelPath } from "../../lib/training/run_folder.ts";
import type { FitOptions } from "../../lib/training/fit_task.ts";
import { readHistory } from "../../lib/training/history.ts";
import { Random } from "../../lib/random.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { makeTinyTask, tinyPhase, type TinyTask } from "./tiny_task.ts";

const config = { preset: "test", nested: { value: 1 } };

async function inFolder(use: (options: FitOptions) => Promise<void>): Promise<void> {
  await inTemporaryFolder((folder) =>
    use({ name: "phase", phase: tinyPhase, seed: 3, folder, config })
  );
}

/** The history without what a clock says. */
async function story(folder: string): Promise<unknown[]> {
  return (await readHistory(historyPath(folder)))
    .map(({ seconds: _seconds, endedAt: _endedAt, ...rest }) => rest);
}

async function valuesOf(task: TinyTask): Promise<Record<string, number[]>> {
  const values = await task.parameters.read();
  return Object.fromEntries([...values].map(([name, { data }]) => [name, [...data]]));
}

/** Trains once without interruption; what every resumed training is compared with. */
async function uninterrupted(changes: Partial<FitOptions> = {}) {
  const result: { history: unknown[]; values: Record<string, number[]>; log: string[] } = {
    history: [],
    values: {},
    log: [],
  };
  await inFolder(async (options) => {
    const task = makeTinyTask();
    await fit(task, { ...options, ...changes });
    result.history = await story(options.folder);
    result.values = await valuesOf(task);
    result.log = task.log;
    task.parameters.dispose();
  });
  return result;
}

Deno.test("batches: every case `repeats` times, shuffled, the last batch smaller", () => {
  const batches = epochBatches(["a", "b", "c"], 3, 4, new Random(1));
  assertEquals(batches.map((batch) => batch.length), [4, 4, 1]);
  assertEquals(batches.flat().toSorted(), [..."aaabbbccc"]);
  assertEquals(epochBatches(["a", "b", "c"], 3, 4, new Random(1)), batches);
  assertNotEquals(epochBatches(["a", "b", "c"], 3, 4, new Random(2)), batches);
  assertEquals(stepsPerEpoch(3, 3, 4), 3);
});

Deno.test("fit: learns, and leaves the best weights, the model file and the history", async () => {
  await inFolder(async (options) => {
    const phase = { ...tinyPhase, epochs: 30, emaDecay: 0.5 };
    const task = makeTinyTask();
    const result = await fit(task, { ...options, phase });
    const history = await readHistory(historyPath(options.folder));
    assertEquals(history.map(({ epoch }) => epoch), Array.from({ length: 30 }, (_, i) => i + 1));
    assertEquals(history.at(-1)!.step, 90);
    const { loss } = history[0];
    assertAlmostEquals(loss.total, loss.squared + loss.absolute, 1e-5);
    assert(history.at(-1)!.loss.total < history[0].loss.total / 3);

    const scores = history.map(({ validation }) => validation!.score);
    assertEquals(result.best!.score, Math.max(...scores));
    assertEquals(result.best!.epoch, scores.indexOf(result.best!.score) + 1);
    assertEquals((await task.validate!()).score, result.best!.score);
    assertEquals(result.modelPath, modelPath(options.folder));
    const { tensors, metadata } = await readSafetensors(result.modelPath!);
    assertEquals([...tensors.keys()], task.parameters.names());
    assertEquals([...tensors.get("kernel")!.data], (await valuesOf(task)).kernel);
    assertEquals(JSON.parse(metadata.config), config);
    assertEquals([metadata.phase, metadata.epoch], ["phase", String(result.best!.epoch)]);
    const files = [...Deno.readDirSync(options.folder)].map(({ name }) => name);
    assert(files.some((name) => name.includes("tfevents")));
    task.parameters.dispose();
  });
});

Deno.test("fit: stopped after two epochs and resumed equals uninterrupted, bit for bit", async () => {
  const whole = await uninterrupted();
  await inFolder(async (options) => {
    const stop = new AbortController();
    const first = makeTinyTask();
    const listener = { epoch: ({ epoch }: { epoch: number }) => epoch === 2 && stop.abort() };
    const stopped = await fit(first, { ...options, listener, stop: stop.signal });
    assertEquals([stopped.stopped, stopped.epochs, stopped.modelPath], [true, 2, null]);
    assertEquals(await exists(modelPath(options.folder)), false);

    const second = makeTinyTask();
    const earlier: number[][] = [];
    const resuming: Partial<FitOptions> = {
      resume: true,
      listener: { earlier: (records) => void earlier.push(records.map(({ epoch }) => epoch)) },
    };
    const done = await fit(second, { ...options, ...resuming });
    assertEquals([done.stopped, done.epochs], [false, 4]);
    await fit(second, { ...options, ...resuming });
    assertEquals(earlier, [[1, 2], [1, 2, 3, 4]]);
    assertEquals(await story(options.folder), whole.history);
    assertEquals(await valuesOf(second), whole.values);
    first.parameters.dispose();
    second.parameters.dispose();
  });
});

Deno.test("fit: a model that is kept after a stop is the best so far, and resuming replaces it", async () => {
  const whole = await uninterrupted();
  await inFolder(async (options) => {
    const stop = new AbortController();
    const first = makeTinyTask();
    const listener = { epoch: ({ epoch }: { epoch: number }) => epoch === 2 && stop.abort() };
    const stopped = await fit(first, { ...options, listener, stop: stop.signal, keepModel: true });
    assertEquals([stopped.stopped, stopped.modelPath], [true, modelPath(options.folder)]);
    const { metadata } = await readSafetensors(modelPath(options.folder));
    assertEquals(Number(metadata.epoch), stopped.best?.epoch);

    const second = makeTinyTask();
    await fit(second, { ...options, resume: true });
    assertEquals(await story(options.folder), whole.history);
    assertEquals(await valuesOf(second), whole.values);
    first.parameters.dispose();
    second.parameters.dispose();
  });
});

Deno.test("fit: a stop waits for the samples that are being read", async () => {
  await inFolder(async (options) => {
    const stop = new AbortController();
    const task = makeTinyTask();
    let reading = 0;
    const sample: TinyTask["sample"] = async (id, random) => {
      reading++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      reading--;
      return await task.sample(id, random);
    };
    const listener = { step: ({ step }: { step: number }) => step === 1 && stop.abort() };
    const { stopped } = await fit({ ...task, sample }, { ...options, listener, stop: stop.signal });
    assertEquals([stopped, reading], [true, 0]);
    task.parameters.dispose();
  });
});

Deno.test("fit: stopped in the middle of an epoch, at every step, resumes exactly", async () => {
  const whole = await uninterrupted();
  for (const stopAt of [1, 5, 8]) {
    await inFolder(async (options) => {
      const stop = new AbortController();
      const first = makeTinyTask();
      const listener = { step: ({ step }: { step: number }) => step === stopAt && stop.abort() };
      assert((await fit(first, { ...options, listener, stop: stop.signal })).stopped);
      const second = makeTinyTask();
      await fit(second, { ...options, resume: true });
      assertEquals(await story(options.folder), whole.history);
      assertEquals(await valuesOf(second), whole.values);
      first.parameters.dispose();
      second.parameters.dispose();
    });
  }
});

Deno.test("fit: killed after lines that no checkpoint knows: they are written again", async () => {
  const whole = await uninterrupted();
  await inFolder(async (options) => {
    // As a kill would: the exception leaves neither checkpoint nor model behind.
    const first = makeTinyTask({
      onSample: (_id, count) => {
        if (count === 14) throw new Error("killed");
      },
    });
    // Saves after every step, so put the checkpoint of an older step in the newest one's place.
    const listener = {
      step: ({ step }: { step: number }) => {
        if (step === 5) {
          Deno.copyFileSync(checkpointPath(options.folder), join(options.folder, "old"));
        }
      },
    };
    await assertRejects(
      () => fit(first, { ...options, listener, saveEverySeconds: 0 }),
      Error,
      "killed",
    );
    assertEquals((await story(options.folder)).length, 2);
    await Deno.rename(join(options.folder, "old"), checkpointPath(options.folder));
    const second = makeTinyTask();
    await fit(second, { ...options, resume: true });
    assertEquals(await story(options.folder), whole.history);
    assertEquals(await valuesOf(second), whole.values);
    first.parameters.dispose();
    second.parameters.dispose();
  });
});

Deno.test("fit: a finished training is not trained again, its model is restored", async () => {
  await inFolder(async (options) => {
    const first = makeTinyTask();
    const result = await fit(first, options);
    await Deno.remove(modelPath(options.folder));
    const second = makeTinyTask();
    assertEquals(await fit(second, { ...options, resume: true }), result);
    assertEquals(second.log, []);
    assertEquals(await valuesOf(second), await valuesOf(first));
    assert(await exists(modelPath(options.folder)));
    first.parameters.dispose();
    second.parameters.dispose();
  });
});

Deno.test("fit: resuming where nothing is begins at the start", async () => {
  const whole = await uninterrupted();
  const resumed = await uninterrupted({ resume: true });
  assertEquals(resumed, whole);
});

Deno.test("fit: patience ends a training that no longer gets better", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask();
    const notices: string[] = [];
    const scores = [0.1, 0.5, NaN, 0.4, 0.3, 0.9];
    const result = await fit(
      { ...task, validate: () => Promise.resolve({ score: scores.shift()!, metrics: {} }) },
      {
        ...options,
        phase: { ...tinyPhase, epochs: 6, patience: 3 },
        listener: { notice: (text) => notices.push(text) },
      },
    );
    assertEquals([result.epochs, result.best!.epoch, result.best!.score], [5, 2, 0.5]);
    assertEquals(notices.length, 1);
    assertStringIncludes(notices[0], "epoch 2");
    task.parameters.dispose();
  });
});

Deno.test("fit: validates every so many epochs and after the last", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask();
    await fit(task, { ...options, phase: { ...tinyPhase, epochs: 5, validateEvery: 2 } });
    const history = await readHistory(historyPath(options.folder));
    assertEquals(history.map(({ validation }) => validation !== null), [
      false,
      true,
      false,
      true,
      true,
    ]);
    task.parameters.dispose();
  });
});

Deno.test("fit: without validation the average of the last step is the model", async () => {
  await inFolder(async (options) => {
    const { validate: _validate, ...task } = makeTinyTask();
    const notices: string[] = [];
    const result = await fit(task, {
      ...options,
      phase: { ...tinyPhase, patience: 3 },
      listener: { notice: (text) => notices.push(text) },
    });
    assertEquals(result.best, null);
    assertEquals(notices, ["phase: a patience of 3 has no effect without validation cases"]);
    const { tensors } = await readSafetensors(result.modelPath!);
    const checkpoint = await readSafetensors(checkpointPath(options.folder));
    assertEquals(tensors.get("kernel")!.data, checkpoint.tensors.get("average/kernel")!.data);
    assertEquals(tensors.get("mean")!.data, checkpoint.tensors.get("weights/mean")!.data);
    task.parameters.dispose();
  });
});

Deno.test("fit: a loss that is not finite stops, names parts and cases, keeps the checkpoint", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask({ onLoss: (count) => count === 7 ? NaN : 1 });
    const listener = {
      step: ({ step }: { step: number }) => {
        if (step === 7) {
          Deno.copyFileSync(checkpointPath(options.folder), join(options.folder, "good"));
        }
      },
    };
    const error = await assertRejects(
      () => fit(task, { ...options, listener, saveEverySeconds: 0 }),
      UserError,
    );
    assertStringIncludes(error.message, "phase at epoch 3, step 8 (cases ");
    assertStringIncludes(error.message, "squared NaN, absolute 0.");
    assertStringIncludes(error.message, "gradient norm NaN");
    assertStringIncludes(error.message, checkpointPath(options.folder));
    const { metadata } = await readSafetensors(checkpointPath(options.folder));
    assertEquals(JSON.parse(metadata.state).progress.stepInEpoch, 1);
    task.parameters.dispose();
  });
});

Deno.test("fit: a failing sample is the error of the training", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask({
      onSample: (id, count) => {
        if (count > 4) throw new Error(`cannot read ${id}`);
      },
    });
    await assertRejects(() => fit(task, options), Error, "cannot read");
    task.parameters.dispose();
  });
});

Deno.test("fit: however it ends, no sample is under way any more", async (t) => {
  const controller = new AbortController();
  const ends: Record<string, Partial<FitOptions>> = {
    "a stop at an epoch's end": {
      stop: controller.signal,
      listener: { epoch: () => controller.abort() },
    },
    "early stopping": { phase: { ...tinyPhase, epochs: 9, patience: 1 } },
    "the end": {},
  };
  for (const [name, changes] of Object.entries(ends)) {
    await t.step(name, () =>
      inFolder(async (options) => {
        const tiny = makeTinyTask();
        let underWay = 0;
        const sample: typeof tiny.sample = async (...args) => {
          underWay++;
          await new Promise((resolve) => setTimeout(resolve, 5));
          underWay--;
          return await tiny.sample(...args);
        };
        const validate = () => Promise.resolve({ score: 0, metrics: {} });
        await fit({ ...tiny, sample, validate }, { ...options, stepsAhead: 2, ...changes });
        assertEquals(underWay, 0);
        tiny.parameters.dispose();
      }));
  }
});

Deno.test("fit: keeps a constant number of tensors over the steps and frees its own", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask();
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    const listener = { step: () => void counts.push(tf.memory().numTensors) };
    await fit(task, { ...options, phase: { ...tinyPhase, epochs: 6 }, listener });
    assertEquals(tf.memory().numTensors, before);
    const settled = counts.slice(6);
    assertEquals(new Set(settled).size, 1, String(counts));
    task.parameters.dispose();
  });
});

Deno.test("fit: refuses no cases, and a folder with a checkpoint that is not resumed", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask();
    await assertRejects(() => fit({ ...task, trainIds: [] }, options), UserError, "at least one");
    await fit(task, options);
    await assertRejects(() => fit(task, options), UserError, "--resume");
    task.parameters.dispose();
  });
});

Deno.test("fit: refuses to resume with other settings, naming them", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask();
    await fit(task, options);
    const error = await assertRejects(
      () =>
        fit({ ...task, trainIds: ["a", "b", "d"] }, {
          ...options,
          phase: { ...tinyPhase, epochs: 5 },
          config: { ...config, nested: { value: 2 } },
          resume: true,
        }),
      UserError,
    );
    assertStringIncludes(error.message, "phase.epochs was 4, is 5");
    assertStringIncludes(error.message, "config.nested.value was 1, is 2");
    assertStringIncludes(error.message, 'trainIds.2 was "c", is "d"');
    task.parameters.dispose();
  });
});

Deno.test("fit: a signal that comes between two steps is heard", async () => {
  await inFolder(async (options) => {
    const task = makeTinyTask();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1);
    const phase = { ...tinyPhase, epochs: 100_000 };
    const result = await fit(task, { ...options, phase, stop: stop.signal });
    assert(result.stopped);
    task.parameters.dispose();
  });
});
