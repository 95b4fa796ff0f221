import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { entryOf } from "../../lib/dataset/case.ts";
import { UserError } from "../../lib/errors.ts";
import { regionCeilings } from "../../lib/evaluation/ceilings.ts";
import { evaluateRun } from "../../lib/evaluation/evaluate_run.ts";
import { Predictor } from "../../lib/evaluation/predict_files.ts";
import type { CaseResult, EvaluationMode } from "../../lib/evaluation/records.ts";
import { trainedModes } from "../../lib/evaluation/run_models.ts";
import { writeResults } from "../../lib/evaluation/write_results.ts";
import * as tf from "../../lib/tf.ts";
import { readLabels } from "../../lib/volume/nifti_read.ts";
import { toRas } from "../../lib/volume/orientation.ts";
import { spacingMm } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared, tinyRun } from "../training/tiny_run.ts";

/** Two classes whose order is not that of their values, and a detector that finds something. */
const organ = "both=liver,right kidney";
const values = { liver: 6, "right kidney": 2 };
const set = [
  "detector.targets=organ",
  "phases.detector.epochs=12",
  "phases.detector.learningRate=0.01",
];
const modes = ["groundTruthRoi", "withCrop", "withoutCrop"] as const;

/** Dice and volumes of a label value in two files on one grid, as they are stored. */
async function compareFiles(groundTruth: string, prediction: string, value: number) {
  const [a, b] = [(await readLabels(groundTruth)).labels, (await readLabels(prediction)).labels];
  assertEquals(b.shape, a.shape);
  const [x, y, z] = spacingMm(a);
  let [both, present, found] = [0, 0, 0];
  a.data.forEach((label, i) => {
    if (label === value) present++;
    if (b.data[i] === value) found++;
    if (label === value && b.data[i] === value) both++;
  });
  return {
    dice: 2 * both / (present + found),
    presentMm3: present * x * y * z,
    foundMm3: found * x * y * z,
  };
}

Deno.test("a run is evaluated", async (t) => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const phases = ["detector", "segmentor", "finetune", "whole"] as const;
    const before = tf.memory().numTensors;
    const run = await tinyRun(prepared, `${dir}/run`, { phases, organ, set });
    assertEquals(tf.memory().numTensors, before, "training leaves tensors");
    assertEquals(await trainedModes(run), [...modes]);
    const { test, training } = run.record.split;
    const seen: number[][] = [];
    const evaluation = await evaluateRun(run, prepared, {
      modes,
      runName: "tiny",
      maskFolder: `${dir}/masks`,
      onCase: (done, total, results) => seen.push([done, total, results.length]),
    });
    const { cases } = evaluation;
    const rows = (mode: EvaluationMode, className: string): Record<"cube" | "scan", CaseResult> => {
      const found = cases.filter((row) => row.mode === mode && row.className === className);
      assertEquals(found.map(({ space }) => space), ["cube", "scan"]);
      return { cube: found[0], scan: found[1] };
    };

    await t.step("every test case, mode, space and class has a row; no tensor is left", () => {
      assertEquals(tf.memory().numTensors, before);
      assertEquals(test.length, 1);
      assertEquals(cases.length, 1 * 3 * 2 * 2);
      assertEquals(seen, [[1, 1, 12]]);
      assert(cases.every(({ caseId, organ }) => caseId === test[0] && organ === "both"));
      assertEquals([evaluation.run, evaluation.dataSet], ["tiny", run.record.datasetName]);
      assertEquals(evaluation.summaries.length, 12);
    });

    await t.step("modes differ in region, edge and stage", () => {
      for (const className of Object.keys(values)) {
        const [truth, crop, whole] = modes.map((mode) => rows(mode, className).scan);
        assertEquals([truth.edge, truth.stage], [16, 3]);
        assertEquals([crop.edge, crop.stage], [16, 3]);
        assertEquals([whole.edge, whole.stage], [32, 1]);
        assertEquals([truth.roiCoverage, whole.roiCoverage], [1, 1]);
        assert(crop.detectorIou3d > 0 && crop.detectorIou3d <= 1 && crop.wallErrorMm > 0);
        for (const other of [truth, whole]) {
          assertEquals([other.detectorIou2d, other.detectorIou3d, other.wallErrorMm], [
            NaN,
            NaN,
            NaN,
          ]);
          assertEquals(other.timesMs.detect, undefined);
        }
        assert(crop.timesMs.detect! > 0 && crop.timesMs.segment! > 0 && crop.timesMs.read! > 0);
      }
    });

    await t.step(
      "the ceiling is that of the region and the cube, in the scan's own grid",
      async () => {
        const truth = toRas((await readLabels(entryOf(prepared, test[0]).labelPath)).labels).volume;
        const { segmentor } = run.record.config;
        for (const mode of modes) {
          const all = Object.keys(values).map((className) => rows(mode, className));
          const { roiUnit, edge } = all[0].scan;
          const ceilings = regionCeilings(truth, Object.values(values).map((value) => [value]), {
            roiUnit,
            edge,
            config: segmentor,
          });
          all.forEach(({ scan, cube }, i) => {
            assertAlmostEquals(scan.diceCeiling!, ceilings[i].both, 1e-12);
            assert(scan.diceCeiling! > 0.3 && scan.diceCeiling! < 1);
            assertEquals(cube.diceCeiling, undefined);
          });
        }
      },
    );

    await t.step("the ground truth's volume is that of the source, in every mode", () => {
      for (const [className, value] of Object.entries(values)) {
        const { volumeMm3 } = entryOf(prepared, test[0]).labels[value];
        for (const mode of modes) {
          assertAlmostEquals(rows(mode, className).scan.groundTruthMm3 / volumeMm3, 1, 1e-5);
          // The cube's voxels are fewer and coarser, but of the same body.
          assertAlmostEquals(rows(mode, className).cube.groundTruthMm3 / volumeMm3, 1, 0.5);
        }
      }
    });

    await t.step("in the scan's space it measures what the written masks hold", async () => {
      const entry = entryOf(prepared, test[0]);
      for (const mode of ["withCrop", "withoutCrop"] as const) {
        const predictor = await Predictor.load(run, { mode });
        const { maskPath, volumesMm3 } = await predictor.predict(entry.imagePath, `${dir}/${mode}`);
        predictor.dispose();
        for (const [className, value] of Object.entries(values)) {
          const row = rows(mode, className).scan;
          const own = await compareFiles(entry.labelPath, maskPath, value);
          assert(own.foundMm3 > 0, "an empty mask tests nothing");
          assertAlmostEquals(row.dice, own.dice, 1e-12);
          assertAlmostEquals(row.predictionMm3 / own.foundMm3, 1, 1e-6);
          assertAlmostEquals(row.groundTruthMm3 / own.presentMm3, 1, 1e-6);
          assertAlmostEquals(volumesMm3[className] / own.foundMm3, 1, 1e-6);
        }
        const kept = await Deno.readFile(`${dir}/masks/${mode}/${entry.id}.nii.gz`);
        assertEquals(kept, await Deno.readFile(maskPath), "the kept mask is the predicted one");
      }
      const truth = `${dir}/masks/groundTruthRoi/${entry.id}.nii.gz`;
      const own = await compareFiles(entry.labelPath, truth, values.liver);
      assertAlmostEquals(rows("groundTruthRoi", "liver").scan.dice, own.dice, 1e-12);
      assertEquals(tf.memory().numTensors, before, "predicting leaves tensors");
    });

    await t.step("costs: one row for each network", () => {
      const parts = evaluation.costs.map(({ part, edge }) => [part, edge]);
      assertEquals(parts, [["detector", 32], ["segmentor", 16], ["whole", 32]]);
      for (const { macs, parameters } of evaluation.costs) assert(macs > 0 && parameters > 0);
    });

    await t.step("equal runs give equal numbers, on whatever cases are asked for", async () => {
      const again = await evaluateRun(run, prepared, {
        modes: ["withCrop"],
        caseIds: [training[1], test[0]],
      });
      const of = (all: readonly CaseResult[]) =>
        all.filter(({ caseId, mode }) => caseId === test[0] && mode === "withCrop")
          .map(({ timesMs: _, ...row }) => row);
      assertEquals(of(again.cases), of(cases));
      assertEquals(again.cases[0].caseId, training[1]);
      assertEquals(again.cases.length, 2 * 2 * 2);
    });

    await t.step("results are written whole", async () => {
      await writeResults(`${dir}/results`, evaluation);
      const lines = (await Deno.readTextFile(`${dir}/results/cases.csv`)).trim().split("\r\n");
      assertEquals(lines.length, 1 + cases.length);
      assert((await Deno.readTextFile(`${dir}/results/report.md`)).includes("tiny"));
      await Deno.stat(`${dir}/results/evaluation.json`);
    });

    await t.step(
      "a stop ends it, a missing phase and a missing source are said; none leaks",
      async () => {
        const stop = new AbortController();
        stop.abort();
        const stopped = await assertRejects(() =>
          evaluateRun(run, prepared, { modes: ["withCrop"], stop: stop.signal })
        );
        assertEquals(stopped, stop.signal.reason);
        await Deno.remove(`${run.folder}/whole/model.safetensors`);
        await assertRejects(
          () => evaluateRun(run, prepared, { modes }),
          UserError,
          "--phase whole",
        );
        const { labelPath, imagePath } = entryOf(prepared, test[0]);
        const labels = await Deno.readFile(labelPath);
        await Deno.copyFile(entryOf(prepared, training[0]).labelPath, labelPath);
        await assertRejects(
          () => evaluateRun(run, prepared, { modes: ["withCrop"] }),
          UserError,
          `${labelPath} must be what it was when it was prepared`,
        );
        await Deno.writeFile(labelPath, labels); // another time, the same content
        await evaluateRun(run, prepared, { modes: ["withCrop"] });
        await Deno.remove(imagePath);
        await assertRejects(() => evaluateRun(run, prepared, { modes: ["withCrop"] }), UserError);
        assertEquals(tf.memory().numTensors, before);
      },
    );
  });
});
