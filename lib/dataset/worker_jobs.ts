/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { UserError } from "../errors.ts";
import type { Outcome } from "./worker_pool.ts";

declare const self: DedicatedWorkerGlobalScope;

/** Makes a worker's script answer the jobs that `runInWorkers` sends. */
export function answerJobs<Job, Result>(work: (job: Job) => Promise<Result>): void {
  self.onmessage = async ({ data }: MessageEvent<Job>) => {
    let outcome: Outcome<Result>;
    try {
      outcome = { value: await work(data) };
    } catch (error) {
      const isUserError = error instanceof UserError;
      const text = error instanceof Error ? error.stack ?? error.message : String(error);
      outcome = { error: isUserError ? error.message : text, isUserError };
    }
    self.postMessage(outcome);
  };
}
