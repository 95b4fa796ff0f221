/** `deno task evaluate`: measures a run on its test cases. */
import { join } from "node:path";
import { openPrepared } from "../lib/dataset/case.ts";
import { UserError } from "../lib/errors.ts";
import { evaluateRun } from "../lib/evaluation/evaluate_run.ts";
import type { EvaluationMode } from "../lib/evaluation/records.ts";
import { trainedModes } from "../lib/evaluation/run_models.ts";
import { evaluationReport } from "../lib/evaluation/tables.ts";
import { requireReplaceable, writeResults } from "../lib/evaluation/write_results.ts";
import { openRun, type Run } from "../lib/training/run_folder.ts";
import { runTask } from "./command_line.ts";
import { modeOfName } from "./mode_names.ts";
import { ProgressLine } from "./progress_line.ts";

await runTask({
  name: "evaluate",
  summary: "Measures a run on its test cases: Dice, IoU, HD95, NSD, detector IoU, cost, time.",
  interrupt: "signal",
  flags: {
    run: { type: "text", value: "DIR", required: true, description: "folder of the run" },
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
      description: "where results go (RUN/evaluation, RUN/evaluation-SUBSET)",
    },
  },
  details: `
Writes cases.csv (every case), evaluation.json, report.md (tables in the shape of the paper's Tables
1, 2, 3 and 5 with its numbers beside ours) and masks/MODE/CASE.nii.gz, and prints the report. An
evaluation that is there already is replaced by one of the same cases and modes, or more.

On ground-truth regions the segmentor has the weights from before the fine-tuning, and one pass; with
crop those from after it, and as many passes as configured: the first is no upper bound.`,
}, async (flags, signal) => {
  const run = await openRun(flags.run);
  const prepared = await openPrepared(run.record.preparedFolder);
  const subset = flags.subset as "test" | "validation" | "training";
  const folder = flags.output ??
    join(run.folder, subset === "test" ? "evaluation" : `evaluation-${subset}`);
  const [modes, caseIds] = [await chooseModes(run, flags.mode), run.record.split[subset]];
  if (caseIds.length === 0) {
    throw new UserError({
      what: `cannot evaluate ${run.folder}`,
      rule: `its split must have ${subset} cases`,
      seen: `without any (${run.record.splitRule})`,
      remedy: "Choose another part with --subset",
    });
  }
  await requireReplaceable(folder, { modes, caseIds });
  const progress = new ProgressLine("cases evaluated");
  const evaluation = await evaluateRun(run, prepared, {
    modes,
    caseIds,
    toleranceMm: flags.tolerance,
    onCase: (done, total) => progress.show(done, total, 0),
    maskFolder: join(folder, "masks"),
    stop: signal,
  });
  progress.end();
  await writeResults(folder, evaluation);
  console.log(evaluationReport(evaluation));
  console.log(`\nWritten to ${folder}: cases.csv, evaluation.json, report.md, masks`);
});

async function chooseModes(run: Run, name: string): Promise<EvaluationMode[]> {
  if (name !== "all") return [modeOfName[name]];
  const modes = await trainedModes(run);
  if (modes.length > 0) return modes;
  throw new UserError({
    what: `cannot evaluate the run ${run.folder}`,
    rule: "at least one of its segmentor's phases must have finished",
    seen: "without any",
    remedy: `Train it: deno task train --run ${run.folder} --resume`,
  });
}
