/** `deno task predict`: segments scans with trained runs. */
import { niftiEnding } from "../lib/dataset/case_files.ts";
import { UserError } from "../lib/errors.ts";
import { makeWritableFolder } from "../lib/files.ts";
import {
  finishResults,
  hasResults,
  listInputs,
  ofTrainedChannel,
  type PredictOptions,
  Predictor,
  refuseInputFolder,
} from "../lib/evaluation/predict_files.ts";
import { openRun } from "../lib/training/run_folder.ts";
import { runTask, UsageError } from "./command_line.ts";
import { ProgressLine } from "./progress_line.ts";
import { noteStopped } from "./stopped_notice.ts";

await runTask({
  name: "predict",
  summary: "Segments scans with trained runs.",
  interrupt: "signal",
  flags: {
    model: {
      type: "list",
      value: "RUN",
      required: true,
      description:
        "folder of a run; several of other organs fill one mask, of one organ are averaged",
    },
    input: {
      type: "text",
      value: "FILE|DIR",
      required: true,
      description: "NIfTI file, or a folder of them",
    },
    output: { type: "text", value: "DIR", required: true, description: "where the masks go" },
    "without-crop": { type: "boolean", description: "segment the whole volume, no detector" },
    modality: {
      type: "text",
      choices: ["ct", "mr"],
      description: "of the scans; the training data's unless given",
    },
    channel: {
      type: "integer",
      min: 0,
      description: "which volume of 4D files; that of the training unless given",
    },
    "largest-component": {
      type: "text",
      choices: ["yes", "no"],
      description: "keep only the largest pieces of each class; as configured unless given",
    },
    resume: { type: "boolean", description: "leave out scans whose results are all there" },
  },
  details: `
For each scan NAME: NAME.nii.gz (the mask in the scan's grid, with the data set's label values),
NAME.png (three slices with mask and regions of interest) and NAME.json (regions, volumes, times, and
warnings: nothing found, or found in an unusual place). A voxel that several runs take for theirs
goes to the surest of them. Runs of the same organ, as the folds of a cross-validation, find it each
by itself; the mean of their probabilities decides. A scan that fails does not stop the others, but
the exit code is then 1. Nothing is overwritten; after an interrupt, --resume goes on with the scans that are left.

  deno task predict --model data/runs/liver --model data/runs/spleen --input scans --output masks
  deno task predict --model data/runs/liver-fold1 --model data/runs/liver-fold2 --input scans --output masks`,
}, async (flags, signal) => {
  if (niftiEnding.test(flags.output)) {
    throw new UsageError({
      what: "cannot write the masks",
      rule: "--output must be a folder, for each scan has a mask, a picture and a report",
      seen: flags.output,
      remedy: "Name a folder; the mask of NAME.nii.gz is NAME.nii.gz in there",
    });
  }
  const runs = await Promise.all(flags.model.map(openRun));
  const files = await listInputs(flags.input);
  await refuseInputFolder(flags.input, flags.output);
  const all = ofTrainedChannel(files, runs);
  if (all.length < files.length) {
    console.log(
      `${files.length - all.length} files of other channels than the training's are left`,
    );
  }
  await noteStopped(runs);
  const largest = flags["largest-component"];
  const options: PredictOptions = {
    mode: flags["without-crop"] ? "withoutCrop" : "withCrop",
    modality: flags.modality as "ct" | "mr" | undefined,
    channel: flags.channel,
    largestComponent: largest === undefined ? undefined : largest === "yes",
  };
  const isDone = await Promise.all(all.map(async (input) => {
    if (!flags.resume) return false;
    await finishResults(input, flags.output);
    return await hasResults(input, flags.output, runs.map(({ folder }) => folder), options);
  }));
  const inputs = all.filter((_, i) => !isDone[i]);
  const predictor = await Predictor.load(runs, options);
  await makeWritableFolder(flags.output);
  const progress = new ProgressLine("scans");
  const failed: string[] = [];
  for (const [done, input] of inputs.entries()) {
    signal.throwIfAborted();
    try {
      const result = await predictor.predict(input, flags.output);
      const { maskPath, volumesMm3, timesMs, warnings } = result;
      const volumes = Object.entries(volumesMm3)
        .map(([name, mm3]) => `${name} ${(mm3 / 1000).toFixed(1)} ml`);
      const total = Object.values(timesMs).reduce((sum, ms) => sum + ms, 0);
      progress.end();
      console.log(`${maskPath}: ${volumes.join(", ")} (${(total / 1000).toFixed(2)} s)`);
      for (const warning of warnings) console.log(`  warning: ${warning}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      progress.end();
      console.error(`error: ${error.message}`);
      failed.push(input);
    }
    progress.show(done + 1, inputs.length);
  }
  progress.end();
  if (inputs.length < all.length) console.log(`${all.length - inputs.length} were there already`);
  predictor.dispose();
  if (failed.length === 0) return 0;
  console.error(`${failed.length} of ${inputs.length} scans failed: ${failed.join(", ")}`);
  return 1;
});
