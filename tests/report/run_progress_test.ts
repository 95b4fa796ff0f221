import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { askFor, openRun, type Run } from "../../lib/training/run_folder.ts";
import { followRun } from "../../lib/report/follow_run.ts";
import type { PartProgress } from "../../lib/report/part_progress.ts";
import { lossFigure, scoreFigure } from "../../lib/report/run_figures.ts";
import { readRunProgress, type RunProgress, RunReader } from "../../lib/report/run_progress.ts";
import { stoppedParts } from "../../lib/report/stopped_parts.ts";
import { cutHistory } from "../../lib/training/history.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { after, epochRecord, untrainedRun, writeEpochs, writeModel } from "./run_folders.ts";

const tenEpochs = ["phases.segmentor.epochs=10"];
const segmentorOnly = { phases: ["segmentor"] as const };

async function segmentorAt(run: Run, seconds: number): Promise<PartProgress> {
  const { parts } = await readRunProgress(run, { ...segmentorOnly, now: () => after(seconds) });
  assertEquals(parts.length, 1);
  return parts[0];
}

Deno.test("the time left is what the last epochs took, less what passed since the last", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, tenEpochs);
    const records = [100, 2, 2, 2, 2, 4].map((seconds, i) => epochRecord(i + 1, { seconds }));
    await writeEpochs(run, "segmentor", records);
    const progress = await readRunProgress(run, { ...segmentorOnly, now: () => after(13.5) });
    const [part] = progress.parts;
    // The first epoch, which took long to begin, is no measure of those to come.
    assertAlmostEquals(part.secondsPerEpoch, 2.4);
    assertAlmostEquals(part.secondsLeft, 4 * 2.4);
    assertEquals(part.secondsSpent, 112);
    assertEquals([progress.state, progress.secondsSinceSign], ["training", 1.5]);
    assertAlmostEquals(progress.secondsLeft, 4 * 2.4 - 1.5);
    const late = await readRunProgress(run, { ...segmentorOnly, now: () => after(20) });
    assertAlmostEquals(late.secondsLeft, 3 * 2.4, 1e-9, "no more than an epoch has passed");
  });
});

Deno.test("parts that wait are guessed from similar ones, others are named", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, [
      ...tenEpochs,
      "phases.detector.epochs=3",
      "phases.finetune.epochs=5",
    ]);
    const detector = [1, 2].map((epoch) => epochRecord(epoch, { phase: "detector-xy" }));
    await writeEpochs(run, "detector/xy", detector);
    const now = () => after(4);
    const first = await readRunProgress(run, { now });
    assertEquals(
      first.parts.map(({ name }) => name),
      ["detector-xy", "detector-yz", "detector-xz", "segmentor", "finetune"],
    );
    assertEquals(first.current?.name, "detector-xy");
    assertEquals(first.secondsLeft, 2 + 2 * 3 * 2);
    assertEquals(first.partsOfUnknownLength, ["segmentor", "finetune"]);
    const endedAt = new Date(after(12)).toISOString();
    await writeEpochs(run, "segmentor", [epochRecord(1, { seconds: 7, endedAt })]);
    const second = await readRunProgress(run, { now: () => after(14) });
    assertEquals(second.secondsLeft, 14 + 9 * 7 - 2 + 5 * 7);
    assertEquals(second.partsOfUnknownLength, []);
    await writeEpochs(run, "whole", [epochRecord(1, { phase: "whole" })]);
    assertEquals((await readRunProgress(run, { now })).parts.at(-1)?.name, "whole");
  });
});

Deno.test("an early stop is known, and how near it is", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, [...tenEpochs, "phases.segmentor.patience=3"]);
    const scores = [0.5, 0.7, 0.6, NaN];
    const records = scores.map((score, i) =>
      epochRecord(i + 1, { validation: { score, metrics: {} } })
    );
    await writeEpochs(run, "segmentor", records);
    const before = await segmentorAt(run, 10);
    assertEquals([before.best, before.validationsLeft], [{ epoch: 2, score: 0.7 }, 1]);
    assertEquals([before.state, before.endedEarly], ["unfinished", false]);
    const last = epochRecord(5, { validation: { score: 0.7, metrics: {} } });
    await writeEpochs(run, "segmentor", [last]);
    await writeModel(run, "segmentor");
    const stopped = await segmentorAt(run, 12);
    assertEquals([stopped.state, stopped.endedEarly], ["complete", true]);
    assertEquals([stopped.validationsLeft, stopped.secondsLeft], [0, 0]);
  });
});

Deno.test("a part is complete once its model is there, and not by its model alone", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    await writeModel(run, "segmentor");
    await Deno.writeTextFile(`${run.folder}/segmentor/checkpoint.safetensors`, "state");
    assertEquals((await segmentorAt(run, 0)).state, "waiting");
    await writeEpochs(run, "segmentor", [epochRecord(1)]);
    assertEquals((await segmentorAt(run, 2)).state, "unfinished", "stopped, with its model kept");
    await writeEpochs(run, "segmentor", [epochRecord(2)]);
    assertEquals((await segmentorAt(run, 4)).state, "complete");
    await Deno.remove(`${run.folder}/segmentor/model.safetensors`);
    assertEquals((await segmentorAt(run, 4)).state, "unfinished", "still writing");
  });
});

Deno.test("what another run has trained is complete, however many epochs it had", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, ["phases.detector.epochs=6"]);
    for (const view of ["xy", "yz", "xz"]) await writeModel(run, `detector/${view}`);
    await writeEpochs(run, "detector/xy", [epochRecord(2, { phase: "detector-xy" })]);
    const { parts, state } = await readRunProgress(run, { phases: ["detector"] });
    assertEquals(parts.map((part) => [part.state, part.secondsLeft, part.endedEarly]), [
      ["complete", 0, false],
      ["complete", 0, false],
      ["complete", 0, false],
    ]);
    assertEquals(state, "complete");
    assertEquals(await stoppedParts(run), []);
  });
});

Deno.test("a run is complete with the phases that were asked for", async () => {
  await inTemporaryFolder(async (dir) => {
    const changes = { phases: ["whole"] as const };
    const run = await untrainedRun(`${dir}/run`, ["phases.whole.epochs=1"], changes);
    await writeEpochs(run, "whole", [epochRecord(1, { phase: "whole" })]);
    await writeModel(run, "whole");
    assertEquals((await readRunProgress(run)).state, "complete");
    await askFor(run, ["whole", "detector"]);
    const more = await openRun(run.folder);
    assertEquals(more.record.phases, ["detector", "whole"]);
    assertEquals((await readRunProgress(more, { now: () => after(9) })).parts.length, 4);
    const older = await untrainedRun(`${dir}/older`);
    await askFor(older, ["whole"]);
    assertEquals((await openRun(older.folder)).record.phases, undefined);
  });
});

Deno.test("a part whose training was stopped with its model kept is known", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, tenEpochs);
    await writeEpochs(run, "segmentor", [epochRecord(1)]);
    assertEquals(await stoppedParts(run), [], "no model yet");
    await writeModel(run, "segmentor");
    await Deno.writeTextFile(`${run.folder}/segmentor/checkpoint.safetensors`, "state");
    assertEquals((await stoppedParts(run)).map(({ name }) => name), ["segmentor"]);
    assertEquals(await stoppedParts(run, ["finetune"]), []);
  });
});

Deno.test("a run without a sign of life is silent, at a pace that its epochs set", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, tenEpochs);
    const stateAt = async (seconds: number) =>
      (await readRunProgress(run, { ...segmentorOnly, now: () => after(seconds) })).state;
    assertEquals([await stateAt(100), await stateAt(200)], ["training", "silent"]);
    await writeEpochs(run, "segmentor", [epochRecord(1)]);
    assertEquals([await stateAt(180), await stateAt(190)], ["training", "silent"]);
    await writeEpochs(run, "segmentor", [epochRecord(2, { seconds: 300 })]);
    assertEquals([await stateAt(890), await stateAt(910)], ["training", "silent"]);
    const checkpoint = `${run.folder}/segmentor/checkpoint.safetensors`;
    await Deno.writeTextFile(checkpoint, "state");
    await Deno.utime(checkpoint, after(900) / 1000, after(900) / 1000);
    assertEquals(await stateAt(910), "training", "a checkpoint is a sign of life");
    // A clock that is behind the training machine's.
    const { secondsSinceSign } = await readRunProgress(run, { now: () => after(-50) });
    assertEquals(secondsSinceSign, 0);
  });
});

Deno.test("a checkpoint that is being saved is looked for without harm", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    const reader = new RunReader(run, segmentorOnly);
    const path = `${run.folder}/segmentor/checkpoint.safetensors`;
    await writeEpochs(run, "segmentor", [epochRecord(1)]);
    await Deno.writeTextFile(path, "state");
    let saving = true;
    const saves = (async () => {
      while (saving) {
        await Deno.rename(path, `${path}.previous`);
        await Deno.rename(`${path}.previous`, path);
      }
    })();
    try {
      for (let look = 0; look < 300; look++) await reader.read();
    } finally {
      saving = false;
      await saves;
    }
  });
});

Deno.test("a history that grows, is half written, or is cut by a resume is read as it is", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, tenEpochs);
    const path = `${run.folder}/segmentor/history.jsonl`;
    const reader = new RunReader(run, { ...segmentorOnly, now: () => after(0) });
    const losses = async () =>
      (await reader.read()).parts[0].records.map(({ epoch, loss }) => [epoch, loss.total]);
    assertEquals(await losses(), [], "not there yet");
    await writeEpochs(run, "segmentor", [1, 2].map((epoch) => epochRecord(epoch)));
    assertEquals(await losses(), [[1, 0.75], [2, 0.375]]);
    const text = JSON.stringify(epochRecord(3, { loss: { total: 9 }, phase: "sé" })) + "\n";
    const bytes = new TextEncoder().encode(text);
    // The cut is within a letter of two bytes.
    const half = bytes.indexOf(0xc3) + 1;
    await Deno.writeFile(path, bytes.subarray(0, half), { append: true });
    assertEquals((await losses()).length, 2, "half a line");
    await Deno.writeFile(path, bytes.subarray(half), { append: true });
    assertEquals(await losses(), [[1, 0.75], [2, 0.375], [3, 9]]);
    assertEquals((await reader.read()).parts[0].records[2].phase, "sé");
    await cutHistory(path, "segmentor", 1);
    await writeEpochs(run, "segmentor", [epochRecord(2, { loss: { total: 7 } })]);
    assertEquals((await losses()).slice(0, 2), [[1, 0.75], [2, 7]], "cut and trained again");
    await Deno.writeTextFile(path, "{ damaged }\n", { append: true });
    await writeEpochs(run, "segmentor", [epochRecord(4)]);
    assertEquals((await losses()).at(-1), [4, 0.1875], "a damaged line is passed over");
    await Deno.remove(path);
    assertEquals(await losses(), [], "gone");
  });
});

Deno.test("followRun() tells of every change, ends with the run or at the signal", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    const seen: [string, number][] = [];
    let looks = 0;
    const last = await followRun(run.folder, {
      ...segmentorOnly,
      intervalMs: 1,
      now: () => after(1),
      onLook: async () => {
        looks++;
        if (looks === 3) await writeEpochs(run, "segmentor", [epochRecord(1)]);
        if (looks === 5) await writeEpochs(run, "segmentor", [epochRecord(2)]);
        if (looks === 8) await writeModel(run, "segmentor");
      },
      onChange: ({ state, parts: [{ records }] }) => void seen.push([state, records.length]),
    });
    assertEquals(seen, [["training", 0], ["training", 1], ["training", 2], ["complete", 2]]);
    assertEquals([last.state, looks], ["complete", 9]);

    const stop = new AbortController();
    const other = await untrainedRun(`${dir}/other`);
    const following = followRun(other.folder, { signal: stop.signal, intervalMs: 60_000 });
    stop.abort();
    assertEquals((await following).state, "silent");
    const until = ({ state }: RunProgress) => state !== "training";
    assertEquals((await followRun(other.folder, { until })).state, "silent");
  });
});

Deno.test("the figures have a curve a part, with gaps for what is no number", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, tenEpochs);
    await writeEpochs(run, "segmentor", [
      epochRecord(1),
      epochRecord(2, { loss: { dice: NaN, crossEntropy: 1, total: NaN }, validation: null }),
      epochRecord(3, { validation: { score: NaN, metrics: {} } }),
    ]);
    const progress = await readRunProgress(run);
    const loss = lossFigure(progress);
    assertEquals(loss.data.map(({ name }) => name), ["sum", "dice", "cross entropy"]);
    assertEquals(loss.data[0].x, [1, 2, 3]);
    assertEquals(loss.data[0].y, [0.75, null, 0.25]);
    const score = scoreFigure(progress);
    assertEquals(score.data.map(({ name, x, y }) => [name, x, y]), [
      ["segmentor", [1, 3], [0.5, null]],
    ]);
    await writeEpochs(run, "detector/xy", [epochRecord(1, { phase: "detector-xy" })]);
    const both = await readRunProgress(run);
    assertEquals(lossFigure(both).data.map(({ name }) => name), ["detector-xy", "segmentor"]);
    assertEquals(
      scoreFigure(both).data.map(({ name }) => name),
      ["detector-xy: IoU", "segmentor: Dice"],
    );
    assert((await lossFigure({ parts: [] }).png()).length > 0, "nothing to draw is no error");
  });
});
