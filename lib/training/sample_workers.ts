import type { PreparedDataset } from "../dataset/case.ts";
import { JobWorker } from "../dataset/worker_pool.ts";
import { UserError } from "../errors.ts";
import type { VolumeSample } from "./augment_volume.ts";
import type { SampleRequest } from "./training_sample.ts";

/** What a worker is sent. */
export interface SampleJob {
  /** The prepared data set's folder. */
  readonly dir: string;
  /** Of the volumes that the worker keeps. */
  readonly maxBytes: number;
  readonly request: SampleRequest;
}

/** Most workers unless told otherwise: a step seldom takes less time than four samples. */
const usefulWorkers = 4;

/**
 * Workers for a training that has its share of this machine. Its steps keep two processors busy by
 * themselves, and workers beside them on the same two gain nothing.
 *
 * @param trainings that run at a time
 */
export function defaultSampleWorkers(trainings = 1): number {
  const pairs = Math.floor(navigator.hardwareConcurrency / trainings / 2);
  return Math.min(usefulWorkers, Math.max(0, pairs - 1));
}

/**
 * Makes training samples beside the training, which so need not wait for them. A case always falls
 * to the same worker, so that it is read and kept once.
 */
export class SampleWorkers implements Disposable {
  readonly #prepared: PreparedDataset;
  readonly #workers: readonly JobWorker<SampleJob, VolumeSample>[];
  readonly #maxBytes: number;

  /**
   * @param count at least 1; a worker begins with its first sample
   * @param maxBytes of the volumes that all of them keep
   */
  constructor(prepared: PreparedDataset, count: number, maxBytes: number) {
    this.#prepared = prepared;
    this.#maxBytes = maxBytes / count;
    const script = new URL("./sample_worker.ts", import.meta.url);
    this.#workers = Array.from({ length: count }, () => new JobWorker(script));
  }

  /** @throws {UserError} when the case cannot be read */
  async sample(request: SampleRequest): Promise<VolumeSample> {
    const { dir, entries } = this.#prepared;
    const index = entries.findIndex(({ id }) => id === request.id);
    const worker = this.#workers[Math.max(0, index) % this.#workers.length];
    const outcome = await worker.run({ dir, maxBytes: this.#maxBytes, request });
    if ("value" in outcome) return outcome.value;
    if (outcome.userError) throw new UserError(outcome.userError);
    throw new Error(`cannot make a sample of ${request.id}: ${outcome.error}`);
  }

  /** Samples that are under way never come. */
  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker[Symbol.dispose]();
  }
}
