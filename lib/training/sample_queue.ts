import type { Random } from "../random.ts";
import { epochBatches, stepsPerEpoch } from "./batches.ts";
import type { FitTask } from "./fit_task.ts";

/** What a step is trained on. */
export interface StepSamples<Sample> {
  readonly ids: readonly string[];
  readonly samples: readonly Sample[];
}

/** Where a queue begins, and how far it looks. */
export interface QueueOptions {
  /** Counted over all epochs, from 0. */
  readonly firstStep: number;
  /** Steps whose samples are begun before they are needed. */
  readonly stepsAhead: number;
}

/**
 * The samples of a training's steps, one step after the other across the epochs. Which cases a step
 * gets, and how they vary, are functions of the generator's state and the step's number only.
 */
export class SampleQueue<Sample> {
  readonly #task: Pick<FitTask<Sample, unknown>, "trainIds" | "sample">;
  readonly #phase: { readonly repeats: number; readonly batchSize: number };
  readonly #random: Random;
  readonly #stepsPerEpoch: number;
  readonly #lastStep: number;
  readonly #stepsAhead: number;
  #nextStep: number;
  readonly #coming: Promise<StepSamples<Sample>>[] = [];

  constructor(
    task: Pick<FitTask<Sample, unknown>, "trainIds" | "sample">,
    phase: { readonly repeats: number; readonly batchSize: number; readonly epochs: number },
    random: Random,
    { firstStep, stepsAhead }: QueueOptions,
  ) {
    this.#task = task;
    this.#phase = phase;
    this.#random = random;
    this.#stepsPerEpoch = stepsPerEpoch(task.trainIds.length, phase.repeats, phase.batchSize);
    this.#lastStep = phase.epochs * this.#stepsPerEpoch - 1;
    this.#nextStep = firstStep;
    this.#stepsAhead = stepsAhead;
  }

  /** The next step's samples; those of the steps behind it are begun. */
  async next(): Promise<StepSamples<Sample>> {
    while (this.#coming.length <= this.#stepsAhead && this.#nextStep <= this.#lastStep) {
      const samples = this.#prepare(this.#nextStep++);
      // A failure is reported where the samples are awaited; until then it must not end the program.
      samples.catch(() => {});
      this.#coming.push(samples);
    }
    const first = this.#coming.shift();
    if (first === undefined) throw new RangeError("the training has no further step");
    return await first;
  }

  /** Waits for what was begun: the program may end next, and should not in the midst of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#coming);
  }

  async #prepare(step: number): Promise<StepSamples<Sample>> {
    const [epoch, stepInEpoch] = [
      Math.floor(step / this.#stepsPerEpoch),
      step % this.#stepsPerEpoch,
    ];
    const ids = this.#batches(epoch)[stepInEpoch];
    const random = this.#random.fork("sample").fork(epoch).fork(stepInEpoch);
    const samples = ids.map((id, i) => this.#task.sample(id, random.fork(i)));
    return { ids, samples: await Promise.all(samples) };
  }

  #batches(epoch: number): readonly (readonly string[])[] {
    const { repeats, batchSize } = this.#phase;
    const shuffle = this.#random.fork("shuffle").fork(epoch);
    return epochBatches(this.#task.trainIds, repeats, batchSize, shuffle);
  }
}
