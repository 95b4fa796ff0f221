/** `deno task evaluate`: measures a run on its test cases. */
import { join } from "node:path";
import { openPrepared } from "../lib/dataset/case.ts";
import type { Subset } from "../lib/dataset/dataset.ts";
import { UserError } from "../lib/errors.ts";
import { evaluateRun } from "../lib/evaluation/evaluate_run.ts";
import { evaluateTogether } from "../lib/evaluation/evaluate_together.ts";
import type { EvaluationMode } from "../lib/evaluation/records.ts";
import { requireMode, trainedModes } from "../lib/evaluation/run_models.ts";
import { evaluationReport } from "../lib/evaluation/tables.ts";
import { requireReplaceable, writeResults } from "../lib/evaluation/write_results.ts";
import { shellWord } from "../lib/shell_word.ts";
import { openRun, type Run } from "../lib/training/run_folder.ts";
import { runTask, UsageError } from "./command_line.ts";
import { modeOfName } from "./mode_names.ts";
import { ProgressLine } from "./progress_line.ts";
import { noteStopped } from "./stopped_notice.ts";

await runTask({
  name: "evaluate",
  summary: "Measures a run on its test cases: Dice, IoU, HD95, NSD, detector IoU, cost, time.",
  interrupt: "signal",
  flags: {
    run: {
      type: "list",
      value: "DIR",
      required: true,
      description: "folder of a run; several are measured together",
    },
    mode: {
      type: "text",
      choices: ["all", ...Object.keys(modeOfName)],
      default: "all",
      description: "region of interest: ground truth's, detector's, none; all that are trained",
    },
    subset: {
      type: "text",
      choices: ["test", "validation", "training"],
      default: "test",
      description: "part of the split",
    },
    tolerance: { type: "number", default: 2, min: 0, description: "of NSD, in mm" },
    output: {
      type: "text",
      value: "DIR",
      description:
        "where results go (RUN/evaluation, RUN/evaluation-SUBSET; none for several runs)",
    },
  },
  details: `
Writes cases.csv (every case), evaluation.json, report.md (tables in the shape of the paper's Tables
1, 2, 3 and 5 with its numbers beside ours) and masks/MODE/CASE.nii.gz, and prints the report. An
evaluation that is there already is replaced by one of the same cases and modes, or more.

Several runs segment each scan together, with crop: where their networks take a voxel for different
organs, the surest has it; of the same organ, the mean of their probabilities decides. Runs of all
folds may be given at once: each case is measured with those that were not trained on it.

  deno task evaluate --run data/runs/liver-fold1 --run data/runs/spleen-fold1 --output data/runs/both

On ground-truth regions the segmentor has the weights from before the fine-tuning, and one pass; with
crop those from after it, and as many passes as configured: the first is no upper bound.`,
}, async (flags, signal) => {
  const runs = await Promise.all(flags.run.map(openRun));
  const subset = flags.subset as Subset;
  const [modes, folder] = [await chooseModes(runs, flags.mode), folderOf(runs, flags)];
  const caseIds = runs.flatMap(({ record }) => record.split[subset]);
  if (caseIds.length === 0) {
    throw new UserError({
      what: `cannot evaluate ${runs[0].folder}`,
      rule: `its split must have ${subset} cases`,
      seen: `without any (${runs[0].record.splitRule})`,
      remedy: "Choose another part with --subset",
    });
  }
  const organs = runs.map(({ record }) => record.organ.name);
  await requireReplaceable(folder, { organs, modes, caseIds, isOwn: flags.output === undefined });
  const prepared = await openPrepared(runs[0].record.preparedFolder);
  await noteStopped(runs);
  const progress = new ProgressLine("cases evaluated");
  const options = {
    toleranceMm: flags.tolerance,
    onCase: (done: number, total: number) => progress.show(done, total, 0),
    maskFolder: join(folder, "masks"),
    stop: signal,
  };
  const evaluation = runs.length === 1
    ? await evaluateRun(runs[0], prepared, { ...options, modes, caseIds })
    : await evaluateTogether(runs, prepared, { ...options, subset });
  progress.end();
  await writeResults(folder, evaluation);
  console.log(evaluationReport(evaluation));
  console.log(`\nWritten to ${folder}: cases.csv, evaluation.json, report.md, masks`);
});

function folderOf(
  [first, ...others]: readonly Run[],
  { output, subset }: { readonly output?: string; readonly subset: string },
): string {
  if (output !== undefined) return output;
  if (others.length === 0) {
    return join(first.folder, subset === "test" ? "evaluation" : `evaluation-${subset}`);
  }
  throw new UsageError({
    what: "cannot evaluate several runs",
    rule: "they need a folder for their results",
    seen: "without --output",
    remedy: "Add --output DIR",
  });
}

async function chooseModes(
  [run, ...others]: readonly Run[],
  name: string,
): Promise<EvaluationMode[]> {
  if (others.length > 0) {
    if (name === "all" || modeOfName[name] === "withCrop") return ["withCrop"];
    throw new UsageError({
      what: "cannot evaluate several runs",
      rule: "they segment a scan together with crop",
      seen: `--mode ${name}`,
      remedy: "Evaluate each by itself in the other modes",
    });
  }
  if (name !== "all") {
    await requireMode(run, modeOfName[name]);
    return [modeOfName[name]];
  }
  const modes = await trainedModes(run);
  if (modes.length > 0) return modes;
  throw new UserError({
    what: `cannot evaluate the run ${run.folder}`,
    rule: "at least one of its segmentor's phases must have finished",
    seen: "without any",
    remedy: `Train it: deno task train --run ${shellWord(run.folder)} --resume`,
  });
}
