/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { UserError } from "../errors.ts";
import type { Outcome } from "./worker_pool.ts";

declare const self: DedicatedWorkerGlobalScope;

/**
 * Makes a worker's script answer the jobs that a `JobWorker` sends.
 *
 * @param transfer the buffers of a result that are handed over rather than copied
 */
export function answerJobs<Job, Result>(
  work: (job: Job) => Promise<Result>,
  transfer: (result: Result) => Transferable[] = () => [],
): void {
  self.onmessage = async ({ data }: MessageEvent<Job>) => {
    try {
      const value = await work(data);
      self.postMessage({ value } satisfies Outcome<Result>, transfer(value));
    } catch (error) {
      self.postMessage(failure(error));
    }
  };
}

function failure(error: unknown): Outcome<never> {
  if (error instanceof UserError) return { error: error.message, userError: error.parts };
  return { error: error instanceof Error ? error.stack ?? error.message : String(error) };
}
