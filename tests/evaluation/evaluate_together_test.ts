import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { makeConfig } from "../../lib/config/overrides.ts";
import { entryOf } from "../../lib/dataset/case.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { UserError } from "../../lib/errors.ts";
import { evaluateRun } from "../../lib/evaluation/evaluate_run.ts";
import { evaluateTogether } from "../../lib/evaluation/evaluate_together.ts";
import { OrganPredictor } from "../../lib/evaluation/organ_predictor.ts";
import { overlap } from "../../lib/evaluation/overlap.ts";
import * as tf from "../../lib/tf.ts";
import type { Run } from "../../lib/training/run_folder.ts";
import { startRun } from "../../lib/training/start_run.ts";
import { trainRun } from "../../lib/training/train_run.ts";
import { loadDetector } from "../../lib/training/trained_detector.ts";
import { readLabels } from "../../lib/volume/nifti_read.ts";
import { maskOfLabels } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared } from "../training/tiny_run.ts";

Deno.test("runs of several organs and folds are measured together, each case once", async (t) => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const runOf = async (organ: string, fold: string, seed = 0) => {
      const run = await startRun({
        prepared,
        organ: parseOrgan(organ, prepared.labels),
        config: makeConfig("tiny", [`seed=${seed}`]),
        fold,
        folder: `${dir}/${organ}-${fold.replace("/", "of")}-${seed}`,
      });
      await trainRun(run, prepared, { phases: ["detector", "segmentor"], resume: false });
      return run;
    };
    const runs: Run[] = [];
    for (const fold of ["1/2", "2/2"]) {
      for (const organ of ["liver", "spleen"]) runs.push(await runOf(organ, fold));
    }
    const before = tf.memory().numTensors;

    await t.step("a row for each case and organ, whose masks are one file", async () => {
      const maskFolder = `${dir}/masks`;
      const { cases, together } = await evaluateTogether(runs, prepared, { maskFolder });
      assertEquals(together, ["liver", "spleen"]);
      const inScan = cases.filter(({ space }) => space === "scan");
      const expected = prepared.entries.flatMap(({ id }) => [`${id} liver`, `${id} spleen`]);
      assertEquals(inScan.map(({ caseId, organ }) => `${caseId} ${organ}`).sort(), expected.sort());
      for (const { caseId, organ, dice } of inScan) {
        const { labels: mask } = await readLabels(`${maskFolder}/${caseId}.nii.gz`);
        const { labels: truth } = await readLabels(entryOf(prepared, caseId).labelPath);
        const values = [prepared.labels[organ]];
        const own = overlap(maskOfLabels(truth, values), maskOfLabels(mask, values)).dice;
        assertAlmostEquals(dice, own, 1e-9);
      }
      assertEquals(tf.memory().numTensors, before);
    });

    await t.step("a detector that a run took over is loaded once", async () => {
      const [own] = runs;
      const taker = await startRun({
        prepared,
        organ: parseOrgan("right kidney", prepared.labels),
        config: makeConfig("tiny"),
        fold: "1/2",
        folder: `${dir}/taker`,
        detectorFrom: own.folder,
      });
      await trainRun(taker, prepared, { phases: ["detector", "segmentor"], resume: false });
      const tensorsOf = async (...some: Run[]) => {
        const organs = await OrganPredictor.loadAll(some, { mode: "withCrop" });
        const count = tf.memory().numTensors - before;
        for (const organ of organs) organ.dispose();
        assertEquals(tf.memory().numTensors, before);
        return count;
      };
      const [alone, both] = [await tensorsOf(taker), await tensorsOf(own, taker)];
      const detector = await loadDetector(own);
      assertEquals(both, 2 * alone - (tf.memory().numTensors - before));
      detector.dispose();
      assertEquals(await tensorsOf(own, runs[1]), 2 * alone, "others have their own");
      const { cases } = await evaluateTogether([own, taker], prepared);
      const apart = await evaluateRun(taker, prepared, { modes: ["withCrop"] });
      const boxes = (rows: typeof cases) =>
        rows.filter(({ organ }) => organ === "right kidney").map((row) => row.detectorIou3d);
      assertEquals(boxes(cases), boxes(apart.cases));
    });

    await t.step("one run alone is measured as by itself", async () => {
      const dices = async (evaluation: ReturnType<typeof evaluateTogether>) =>
        (await evaluation).cases.map(({ caseId, space, dice }) => [caseId, space, dice]);
      assertEquals(
        await dices(evaluateTogether(runs.slice(0, 1), prepared)),
        await dices(evaluateRun(runs[0], prepared, { modes: ["withCrop"] })),
      );
    });

    await t.step("runs of the same organ and cases are averaged", async () => {
      const [own] = runs;
      const longer = await startRun({
        prepared,
        organ: parseOrgan("liver", prepared.labels),
        config: makeConfig("tiny", ["phases.segmentor.epochs=4"]),
        fold: "1/2",
        folder: `${dir}/longer`,
        detectorFrom: own.folder,
      });
      await trainRun(longer, prepared, { phases: ["detector", "segmentor"], resume: false });
      const rowsOf = async (...some: Run[]) => {
        const { cases, averaged, together } = await evaluateTogether(some, prepared);
        const dices = cases.map(({ caseId, space, dice }) => `${caseId} ${space} ${dice}`);
        return { ids: cases.map(({ caseId }) => caseId), dices, averaged, together };
      };
      const [both, turned] = [await rowsOf(own, longer), await rowsOf(longer, own)];
      assertEquals([both.averaged, both.together], [["liver"], ["liver"]]);
      assertEquals(both.dices, turned.dices);
      for (const one of [own, longer]) {
        const alone = await rowsOf(one);
        assertEquals([alone.ids, alone.averaged], [both.ids, []]);
        assert(alone.dices.some((row, i) => row !== both.dices[i]), "the other changes nothing");
      }
      assertEquals(tf.memory().numTensors, before);
    });

    await t.step("runs that do not fit together are refused", async () => {
      const refused = (text: string, ...other: typeof runs) =>
        assertRejects(() => evaluateTogether(other, prepared), UserError, text);
      await refused("the same folder twice", runs[0], runs[0]);
      const otherSeed = {
        ...runs[1],
        record: { ...runs[1].record, splitRule: "fold 1/2, seed 1" },
      };
      await refused("must share their split", runs[0], otherSeed);
      const elsewhere = { ...runs[2], record: { ...runs[2].record, content: "other" } };
      await refused("trained on the same data set", runs[0], elsewhere);
      const { split } = runs[0].record;
      const swapped = { ...split, test: split.training, training: split.test };
      const { content: _content, ...unknown } = runs[1].record;
      const otherSplit = { ...runs[1], record: { ...unknown, split: swapped } };
      await refused("must share their split", runs[0], otherSplit);
      assert(split.test.length > 0 && tf.memory().numTensors === before);
    });
  });
});
