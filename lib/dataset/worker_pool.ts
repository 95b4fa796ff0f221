/** What became of a job: its result, or why it failed. */
export type Outcome<Result> =
  | { readonly value: Result }
  | { readonly error: string; readonly isUserError: boolean };

/** How jobs are shared among workers. */
export interface PoolOptions<Result> {
  /** Most workers at a time. */
  readonly workers: number;
  /** Once aborted, no further job is begun; those at work are finished. */
  readonly signal?: AbortSignal;
  /** Called as each job ends, in any order. */
  readonly onOutcome: (index: number, outcome: Outcome<Result>) => void | Promise<void>;
}

/**
 * Runs jobs in Deno Workers, one at a time in each. The script answers each message, a job, by an
 * {@linkcode Outcome}; see {@linkcode answerJobs}. A worker that breaks down fails its job only:
 * another takes its place.
 */
export async function runInWorkers<Job, Result>(
  script: URL,
  jobs: readonly Job[],
  options: PoolOptions<Result>,
): Promise<void> {
  let next = 0;
  const workOff = async () => {
    let worker: Worker | undefined;
    try {
      while (next < jobs.length && !options.signal?.aborted) {
        const index = next++;
        worker ??= new Worker(script, { type: "module" });
        const outcome = await runJob<Job, Result>(worker, jobs[index]);
        if ("brokenBy" in outcome) {
          worker.terminate();
          worker = undefined;
          await options.onOutcome(index, { error: outcome.brokenBy, isUserError: false });
        } else await options.onOutcome(index, outcome);
      }
    } finally {
      worker?.terminate();
    }
  };
  const count = Math.max(1, Math.min(options.workers, jobs.length));
  await Promise.all(Array.from({ length: count }, workOff));
}

function runJob<Job, Result>(
  worker: Worker,
  job: Job,
): Promise<Outcome<Result> | { brokenBy: string }> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Outcome<Result>>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve({ brokenBy: `its worker broke down: ${event.message}` });
    };
    worker.postMessage(job);
  });
}
