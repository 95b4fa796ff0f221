import type { RunSpec } from "./run_spec.ts";
import { runWaves } from "./run_waves.ts";

/** How a job ended. */
export type JobOutcome = "done" | "failed" | "stopped";

/** What {@linkcode runJobs} is told. */
export interface RunJobsOptions {
  /** Runs at a time. */
  readonly jobs: number;
  /** Once aborted, no further run begins; those at work are told by their own signal. */
  readonly stop: AbortSignal;
  /** Brings one run to its end. Must not throw. */
  work(spec: RunSpec): Promise<JobOutcome>;
  /** After each run: how it ended, and how many have ended. */
  onEnd?(spec: RunSpec, outcome: JobOutcome, ended: number): Promise<void> | void;
}

/**
 * Executes runs, some at a time, wave after wave: a run begins when those that it depends on have
 * ended. A run that fails does not stop the others; one whose detector's run failed fails as well.
 *
 * @returns how each run ended that began
 */
export async function runJobs(
  runs: readonly RunSpec[],
  { jobs, stop, work, onEnd }: RunJobsOptions,
): Promise<Map<string, JobOutcome>> {
  const outcomes = new Map<string, JobOutcome>();
  for (const wave of runWaves(runs)) {
    const queue = [...wave];
    const worker = async () => {
      for (let spec = queue.shift(); spec !== undefined && !stop.aborted; spec = queue.shift()) {
        const source = spec.detectorOf && outcomes.get(spec.detectorOf);
        const outcome = source === "failed" ? "failed" : await work(spec);
        outcomes.set(spec.id, outcome);
        await onEnd?.(spec, outcome, outcomes.size);
      }
    };
    await Promise.all(Array.from({ length: Math.min(jobs, wave.length) }, worker));
    if (stop.aborted) break;
  }
  return outcomes;
}
