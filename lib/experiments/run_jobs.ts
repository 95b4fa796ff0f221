import type { RunSpec } from "./run_spec.ts";

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
 * Executes runs, some at a time, in their order: a run begins when those that train a phase
 * of it have ended, well or not. A run that fails does not stop the others.
 *
 * @returns how each run ended that began
 */
export async function runJobs(
  runs: readonly RunSpec[],
  { jobs, stop, work, onEnd }: RunJobsOptions,
): Promise<Map<string, JobOutcome>> {
  const outcomes = new Map<string, JobOutcome>();
  const queue = [...runs];
  const working = new Set<Promise<void>>();
  const pending = new Set(runs.map(({ id }) => id));
  const isReady = ({ waitsFor }: RunSpec) => !waitsFor.some((id) => pending.has(id));
  const execute = async (spec: RunSpec): Promise<void> => {
    const outcome = await work(spec);
    outcomes.set(spec.id, outcome);
    pending.delete(spec.id);
    await onEnd?.(spec, outcome, outcomes.size);
  };
  while (working.size > 0 || (queue.length > 0 && !stop.aborted)) {
    const next = working.size < jobs && !stop.aborted ? queue.findIndex(isReady) : -1;
    if (next >= 0) {
      const [spec] = queue.splice(next, 1);
      const job: Promise<void> = execute(spec).finally(() => working.delete(job));
      working.add(job);
    } else if (working.size > 0) {
      await Promise.race(working);
    } else {
      throw new Error("runs wait for each other");
    }
  }
  return outcomes;
}
