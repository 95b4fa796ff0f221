import type { UserErrorParts } from "../errors.ts";

/** What became of a job: its result, or why it failed; of an error of use what that is made of. */
export type Outcome<Result> =
  | { readonly value: Result }
  | { readonly error: string; readonly userError?: UserErrorParts };

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
    using worker = new JobWorker<Job, Result>(script);
    while (next < jobs.length && !options.signal?.aborted) {
      const index = next++;
      await options.onOutcome(index, await worker.run(jobs[index]));
    }
  };
  const count = Math.max(1, Math.min(options.workers, jobs.length));
  await Promise.all(Array.from({ length: count }, workOff));
}

/** A Deno Worker that is begun with its first job, and again after it broke down. */
export class JobWorker<Job, Result> implements Disposable {
  readonly #script: URL;
  #worker: Worker | undefined;
  /** The job at work, or the last one. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param script answers each message, a job, by an {@linkcode Outcome}; see `answerJobs` */
  constructor(script: URL) {
    this.#script = script;
  }

  /** Runs a job when those before it are done. */
  run(job: Job): Promise<Outcome<Result>> {
    const outcome = this.#last.then(() => this.#post(job));
    this.#last = outcome.catch(() => {}); // a job that cannot be posted fails alone
    return outcome;
  }

  /** Ends the worker; jobs that are at work or wait never end. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #post(job: Job): Promise<Outcome<Result>> {
    const worker = this.#worker ??= new Worker(this.#script, { type: "module" });
    return new Promise((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<Outcome<Result>>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        this[Symbol.dispose]();
        resolve({ error: `its worker broke down: ${event.message}` });
      };
      worker.postMessage(job);
    });
  }
}
