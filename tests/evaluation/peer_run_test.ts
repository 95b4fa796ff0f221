/** Runs in which a peer takes the segmentor's place, from training to masks and tables. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { PhaseName } from "../../lib/config/config.ts";
import { makeConfig } from "../../lib/config/overrides.ts";
import { entryOf } from "../../lib/dataset/case.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { UserError } from "../../lib/errors.ts";
import { readEvaluation } from "../../lib/evaluation/evaluation_file.ts";
import { evaluateRun } from "../../lib/evaluation/evaluate_run.ts";
import { Predictor } from "../../lib/evaluation/predict_files.ts";
import type { EvaluationMode } from "../../lib/evaluation/records.ts";
import { trainedModes } from "../../lib/evaluation/run_models.ts";
import { evaluationReport } from "../../lib/evaluation/tables.ts";
import { writeResults } from "../../lib/evaluation/write_results.ts";
import { runReport } from "../../lib/report/run_report.ts";
import * as tf from "../../lib/tf.ts";
import { openRun } from "../../lib/training/run_folder.ts";
import { startRun } from "../../lib/training/start_run.ts";
import { readLabels } from "../../lib/volume/nifti_read.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared, tinyRun } from "../training/tiny_run.ts";

/** One epoch of one step, and a detector that finds something. */
const short = [
  "phases.detector.epochs=8",
  "phases.detector.learningRate=0.01",
  ...["segmentor", "finetune", "whole"].flatMap((phase) => [
    `phases.${phase}.epochs=1`,
    `phases.${phase}.repeats=1`,
  ]),
];

interface PeerCase {
  readonly title: string;
  /** The larger network without a detector, which is the same for all. */
  readonly phases: readonly PhaseName[];
  readonly modes: readonly EvaluationMode[];
  /** The cube of a region of tiny's 16 voxels, and why it is another where it is. */
  readonly roiEdge: number;
  readonly note?: string;
}

const peers: Readonly<Record<"segformer3d" | "slim-unetr", PeerCase>> = {
  "segformer3d": {
    title: "SegFormer3D",
    phases: ["segmentor", "whole"],
    modes: ["groundTruthRoi", "withoutCrop"],
    roiEdge: 16,
  },
  "slim-unetr": {
    title: "Slim UNETR",
    phases: ["detector", "segmentor", "finetune", "whole"],
    modes: ["groundTruthRoi", "withCrop", "withoutCrop"],
    roiEdge: 32,
    note: "the cube of 16 that the region asks for is raised to 32, the next that Slim UNETR takes",
  },
};

for (const model of ["segformer3d", "slim-unetr"] as const) {
  Deno.test(`${model} is trained, evaluated and predicted with like the segmentor`, async () => {
    await inTemporaryFolder(async (dir) => {
      const { title, phases, modes, roiEdge, note } = peers[model];
      const prepared = await tinyPrepared(dir);
      const before = tf.memory().numTensors;
      await tinyRun(prepared, `${dir}/run`, { phases, set: [`model=${model}`, ...short] });
      const run = await openRun(`${dir}/run`);
      assertEquals(run.record.config.model, model);
      assertEquals([run.record.roiEdge, run.record.roiEdgeNote], [roiEdge, note]);

      assertEquals(await trainedModes(run), [...modes]);
      const evaluation = await evaluateRun(run, prepared, { modes, runName: "peer" });
      await writeResults(`${dir}/run/evaluation`, evaluation);
      assertEquals(await readEvaluation(`${dir}/run/evaluation/evaluation.json`), evaluation);
      assertEquals(evaluation.model, model);
      assertEquals(
        evaluation.cases.map(({ mode, space, edge, stage }) => [mode, space, edge, stage]),
        modes.flatMap((mode) =>
          ["cube", "scan"].map((space) => [mode, space, mode === "withoutCrop" ? 32 : roiEdge, NaN])
        ),
      );
      const costs = evaluation.costs.map((cost) => [cost.part, cost.model, cost.edge]);
      assertEquals(costs, [
        ...(phases.includes("detector") ? [["detector", undefined, 32]] : []),
        ["segmentor", model, roiEdge],
        ["whole", model, 32],
      ]);
      const [onRegion, whole] = evaluation.costs.slice(-2);
      assert(onRegion.parameters > 1e6 && onRegion.macs > 1e7);
      assertEquals(whole.macs / onRegion.macs > 4, model === "segformer3d");

      const text = evaluationReport(evaluation);
      assertStringIncludes(text, `Model: ${title}.`);
      assertStringIncludes(text, `Table 2. ${title} on ground-truth regions`);
      assertStringIncludes(text, `${title}, whole`);
      const page = await runReport(run, new Date());
      assert(page.includes(`${title}&#39;s input`), "the page names the model");

      const input = entryOf(prepared, run.record.split.test[0]).imagePath;
      for (const mode of modes) {
        if (mode === "groundTruthRoi") continue;
        const predictor = await Predictor.load(run, { mode, modality: "ct" });
        const { maskPath } = await predictor.predict(input, `${dir}/${mode}`);
        predictor.dispose();
        const { shape } = (await readLabels(maskPath)).labels;
        assertEquals([...shape], [48, 40, 24]);
        const report = JSON.parse(
          await Deno.readTextFile(maskPath.replace(".nii.gz", ".json")),
        );
        assertEquals(report.organs[0].firstStage, null);
      }
      assertEquals(tf.memory().numTensors, before);
    });
  });
}

Deno.test("a volume that a peer does not take is refused before any training", async () => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const before = tf.memory().numTensors;
    const start = (phase: "segmentor" | "whole") =>
      tinyRun(prepared, `${dir}/${phase}`, {
        phases: ["detector", phase],
        set: ["model=swin-smt"],
      });
    const error = await assertRejects(() => start("whole"), UserError);
    assertEquals(error.parts.what, "cannot build SwinSMT");
    assertEquals((await openRun(`${dir}/whole`)).record.roiEdge, 64);
    await assertRejects(() => Deno.stat(`${dir}/whole/detector`), Deno.errors.NotFound);
    // A run that is told what it is for is not even begun.
    const folder = `${dir}/told`;
    await assertRejects(
      () =>
        startRun({
          prepared,
          organ: parseOrgan("liver", prepared.labels),
          config: makeConfig("tiny", ["model=swin-smt"]),
          folder,
          phases: ["segmentor", "whole"],
        }),
      UserError,
      "SwinSMT",
    );
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
    assertEquals(tf.memory().numTensors, before);
  });
});
