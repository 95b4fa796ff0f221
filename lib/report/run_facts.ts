import { join } from "node:path";
import { openPrepared, type PreparedDataset } from "../dataset/case.ts";
import { UserError } from "../errors.ts";
import { readEvaluation } from "../evaluation/evaluation_file.ts";
import type { Evaluation } from "../evaluation/records.ts";
import { exists } from "../files.ts";
import type { Run } from "../training/run_folder.ts";
import { readRunProgress, type RunProgress } from "./run_progress.ts";

/** Something that may be lacking, and why it is. */
export type Found<Value> =
  | { readonly value: Value }
  | { readonly value: null; readonly reason: string };

/** What is known of a run: all that its report is made of. */
export interface RunFacts {
  readonly run: Run;
  readonly progress: RunProgress;
  readonly evaluation: Found<Evaluation>;
  /** The prepared cases that it was trained on. */
  readonly prepared: Found<PreparedDataset>;
  /** When this was put together. */
  readonly at: Date;
}

/** Folder of a run's evaluation, as `deno task evaluate` writes it. */
export function evaluationFolder(run: Run): string {
  return join(run.folder, "evaluation");
}

/** Reads what is known of a run. What is not there yet, or no more, is said and not an error. */
export async function readRunFacts(run: Run, at: Date): Promise<RunFacts> {
  const path = join(evaluationFolder(run), "evaluation.json");
  return {
    run,
    progress: await readRunProgress(run, { now: () => at.getTime() }),
    evaluation: await exists(path)
      ? await find(() => readEvaluation(path))
      : { value: null, reason: "This run has not been evaluated yet." },
    prepared: await find(() => openPrepared(run.record.preparedFolder)),
    at,
  };
}

async function find<Value>(read: () => Promise<Value>): Promise<Found<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (error instanceof UserError) return { value: null, reason: error.message };
    throw error;
  }
}
