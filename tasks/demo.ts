/** `deno task demo`: the whole chain on data that it makes itself. */
import { join } from "node:path";
import { phaseNames } from "../lib/config/config.ts";
import { describeAgainstPaper, makeConfig } from "../lib/config/overrides.ts";
import { phantomChanges } from "../lib/config/phantom_changes.ts";
import { openPrepared } from "../lib/dataset/case.ts";
import { openDataset } from "../lib/dataset/layout.ts";
import { parseOrgan } from "../lib/dataset/organ.ts";
import { phantomLabels } from "../lib/dataset/phantom_anatomy.ts";
import { writePhantomDataset } from "../lib/dataset/phantom_dataset.ts";
import { prepareDataset } from "../lib/dataset/prepare.ts";
import { evaluateRun } from "../lib/evaluation/evaluate_run.ts";
import { Predictor } from "../lib/evaluation/predict_files.ts";
import { trainedModes } from "../lib/evaluation/run_models.ts";
import { evaluationReport } from "../lib/evaluation/tables.ts";
import { writeResults } from "../lib/evaluation/write_results.ts";
import { exists } from "../lib/files.ts";
import { preparedFolder, rawFolder, runsFolder } from "../lib/paths.ts";
import { ProgressPrinter } from "../lib/training/progress.ts";
import { defaultSampleWorkers } from "../lib/training/sample_workers.ts";
import { startRun } from "../lib/training/start_run.ts";
import { trainRun } from "../lib/training/train_run.ts";
import { interruptedExitCode } from "../lib/training/interrupt.ts";
import { runTask } from "./command_line.ts";

const caseCount = 15;
const fold = "1/5";

await runTask({
  name: "demo",
  summary: "Prepares, trains, evaluates and predicts on a synthetic phantom.",
  interrupt: "signal",
  flags: {
    organ: {
      type: "text",
      value: "NAME",
      default: "spleen",
      description: "spleen, liver, right kidney, left kidney or prostate/uterus",
    },
  },
  details: `
A minute or a few on two cores. The phantom shows that everything works on this machine; its figures say
nothing about patients.`,
}, async (flags, signal) => {
  const organ = parseOrgan(flags.organ, phantomLabels);
  const startMs = performance.now();
  const title = (text: string) => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    console.log(`\n== ${text} (after ${seconds} s)`);
  };

  title(`1 of 5: a phantom of ${caseCount} abdomens`);
  const source = join(rawFolder, "phantom-demo");
  await writePhantomDataset(source, { cases: caseCount });

  title("2 of 5: preparing");
  const config = makeConfig("focus", phantomChanges);
  const dataset = await openDataset(source);
  const dir = join(preparedFolder, "phantom-demo");
  await prepareDataset(dataset, dir, { settings: { cubeEdge: config.cubeEdge }, signal });
  signal.throwIfAborted();
  const prepared = await openPrepared(dir);

  title("3 of 5: training the detector, the segmentor, its fine-tuning, and the whole-volume twin");
  const run = await startRun({ prepared, organ, config, fold, folder: await newFolder() });
  console.log(describeAgainstPaper(config)[0]);
  const { split, roiEdge } = run.record;
  console.log(
    `${organ.name}: ${split.training.length} training, ${split.validation.length} validation, ` +
      `${split.test.length} test cases; a cube of ${roiEdge}`,
  );
  const parts = await trainRun(run, prepared, {
    phases: phaseNames,
    resume: false,
    workers: defaultSampleWorkers(),
    stop: signal,
    listenTo: (scoreName) => new ProgressPrinter(scoreName),
  });
  if (parts.some(({ result }) => result.stopped)) return interruptedExitCode;

  title("4 of 5: evaluating");
  const results = join(run.folder, "evaluation");
  const evaluation = await evaluateRun(run, prepared, {
    modes: await trainedModes(run),
    runName: "demo",
    maskFolder: join(results, "masks"),
    stop: signal,
  });
  await writeResults(results, evaluation);
  console.log(evaluationReport(evaluation));

  title("5 of 5: predicting one of the test scans");
  const scan = prepared.entries.find(({ id }) => id === split.test[0])!.imagePath;
  const predictor = await Predictor.load(run, { mode: "withCrop" });
  const { maskPath } = await predictor.predict(scan, join(run.folder, "predictions"));
  predictor.dispose();
  title("done");
  console.log(`Mask, picture and region of interest: ${maskPath.replace(/\.nii\.gz$/, ".*")}`);
  console.log(`Tables and every case: ${results}`);
  console.log(`Now on your own data: deno task train --data FOLDER --organ NAME`);
  return 0;
});

/** data/runs/demo, or with a number where that is taken. */
async function newFolder(): Promise<string> {
  const base = join(runsFolder, "demo");
  for (let number = 1;; number++) {
    const folder = number === 1 ? base : `${base}-${number}`;
    if (!await exists(folder)) return folder;
  }
}
