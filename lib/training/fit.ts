import * as tf from "../tf.ts";
import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import type { Pass } from "../nn/parameters.ts";
import { writeSafetensors } from "../nn/safetensors.ts";
import { Random } from "../random.ts";
import { AdamW } from "./adamw.ts";
import { stepsPerEpoch } from "./batches.ts";
import {
  type Checkpoint,
  checkpointPath,
  type FitProgress,
  hasCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  type Weights,
} from "./checkpoint.ts";
import { EarlyStopping } from "./early_stopping.ts";
import type { FitOptions, FitResult, FitTask } from "./fit_task.ts";
import {
  appendHistory,
  cutHistory,
  type EpochRecord,
  epochScalars,
  readHistory,
  type Validation,
} from "./history.ts";
import { stringifyNumbers } from "./json_numbers.ts";
import { MovingAverage } from "./moving_average.ts";
import type { StepProgress } from "./progress.ts";
import { historyPath, modelPath } from "./run_folder.ts";
import { SampleQueue, type StepSamples } from "./sample_queue.ts";
import { learningRateAt, phaseSchedule, type Schedule } from "./schedule.ts";
import { SessionClock } from "./session_clock.ts";
import { TensorboardWriter } from "./tensorboard.ts";
import { trainStep } from "./train_step.ts";

/**
 * Trains a model: the one loop of all phases.
 *
 * Shuffling, samples and dropout are functions of the seed, the epoch and the position in it. The
 * checkpoint has all other state, so that an interrupted and resumed training gives the same
 * history as an uninterrupted one, bit for bit on a CPU.
 *
 * Afterwards the parameters hold the best weights (of the moving average where the phase keeps
 * one), which are also in `model.safetensors` with the configuration; after a stop they hold those
 * of the last step, unless the model is to be kept then, too.
 *
 * @throws {UserError} when there are no cases; when the folder holds a checkpoint that is not to be
 *   resumed, or one that does not fit; and when the loss or its gradient is not finite: names its
 *   parts and the cases, and the last checkpoint is kept
 */
export async function fit<Sample, Batch>(
  task: FitTask<Sample, Batch>,
  options: FitOptions,
): Promise<FitResult> {
  const checkpoint = await start(task, options);
  const fitting = new Fitting(task, options, checkpoint);
  try {
    return await fitting.run();
  } finally {
    await fitting.dispose();
  }
}

async function start<Sample, Batch>(
  task: FitTask<Sample, Batch>,
  options: FitOptions,
): Promise<Checkpoint | null> {
  const { name, folder, resume = false, listener } = options;
  if (task.trainIds.length === 0) {
    throw new UserError({
      what: `cannot train ${name}`,
      rule: "there must be at least one training case",
      remedy: "Look at the data set's split, and whether its cases have the organ",
    });
  }
  if (!resume && await hasCheckpoint(folder)) {
    throw new UserError({
      what: `cannot train ${name} in ${folder}`,
      rule: "a new training needs a folder without a checkpoint",
      remedy: "Continue the training that is there with --resume, or name another folder",
    });
  }
  const notice = (text: string) => listener?.notice?.(text);
  return resume ? await loadCheckpoint(folder, identityOf(task, options), notice) : null;
}

function identityOf<Sample, Batch>(task: FitTask<Sample, Batch>, options: FitOptions): unknown {
  const { name, phase, seed, config, basis } = options;
  return { name, phase, seed, config, trainIds: task.trainIds, basis };
}

const defaultSaveSeconds = 60;

class Fitting<Sample, Batch> {
  readonly #task: FitTask<Sample, Batch>;
  readonly #options: FitOptions;
  readonly #random: Random;
  readonly #stepsPerEpoch: number;
  readonly #queue: SampleQueue<Sample>;
  readonly #schedule: Schedule;
  readonly #optimizer: AdamW;
  readonly #average: MovingAverage | null;
  readonly #stopping: EarlyStopping;
  readonly #clock = new SessionClock();
  #best: Weights | null = null;
  #progress: FitProgress = {
    epoch: 0,
    stepInEpoch: 0,
    sums: {},
    seconds: 0,
    lastScore: null,
    bestEpoch: null,
    bestMetrics: {},
    earlyStopping: { bestScore: null, validationsSinceBest: 0 },
    finished: false,
  };

  constructor(
    task: FitTask<Sample, Batch>,
    options: FitOptions,
    checkpoint: Checkpoint | null,
  ) {
    const { phase, name, seed, stepsAhead = 1 } = options;
    this.#task = task;
    this.#options = options;
    this.#random = new Random(seed).fork(name);
    this.#stepsPerEpoch = stepsPerEpoch(task.trainIds.length, phase.repeats, phase.batchSize);
    this.#schedule = phaseSchedule(phase, this.#stepsPerEpoch);
    if (checkpoint) {
      this.#progress = checkpoint.progress;
      this.#best = checkpoint.best;
      task.parameters.write(checkpoint.weights, checkpointPath(options.folder));
    }
    this.#queue = new SampleQueue(task, phase, this.#random, {
      firstStep: this.#stepsDone(),
      stepsAhead,
    });
    this.#stopping = new EarlyStopping(phase.patience, this.#progress.earlyStopping);
    this.#optimizer = new AdamW(task.parameters, {
      ...phase,
      rateFactor: (name) => options.rateFactor?.(name) ?? 1,
    });
    this.#average = phase.emaDecay > 0 ? new MovingAverage(task.parameters, phase.emaDecay) : null;
    if (checkpoint) this.#optimizer.write(checkpoint.optimizer);
    if (checkpoint?.average) this.#average?.write(checkpoint.average);
  }

  /** Frees what it holds, when the samples that were begun are there. */
  async dispose(): Promise<void> {
    await this.#queue.settle();
    this.#optimizer.dispose();
    this.#average?.dispose();
  }

  async run(): Promise<FitResult> {
    const { folder, name, stop, phase, keepModel, listener } = this.#options;
    await this.#tellEarlier();
    if (!this.#progress.finished) {
      const { epoch } = this.#progress;
      if (phase.patience > 0 && !this.#task.validate) {
        listener?.notice?.(
          `${name}: a patience of ${phase.patience} has no effect without validation cases`,
        );
      }
      await cutHistory(historyPath(folder), name, epoch);
      const firstStep = epoch === 0 ? 0 : epoch * this.#stepsPerEpoch + 1;
      using events = await TensorboardWriter.open(folder, new Date(), firstStep);
      while (!this.#progress.finished) {
        const complete = await this.#trainEpoch();
        if (complete) await this.#endEpoch(events);
        const { epoch } = this.#progress;
        const finished = epoch >= phase.epochs || this.#stopping.exhausted;
        this.#progress = { ...this.#progress, finished };
        const stopped = !finished && stop?.aborted === true;
        if (finished || stopped || this.#saveIsDue()) await this.#save();
        if (stopped) {
          if (keepModel) await this.#finish();
          return this.#result(true);
        }
      }
    }
    await this.#finish();
    return this.#result(false);
  }

  async #tellEarlier(): Promise<void> {
    const { folder, name, listener } = this.#options;
    const { epoch } = this.#progress;
    if (epoch === 0 || !listener?.earlier) return;
    const records = await readHistory(historyPath(folder));
    listener.earlier(records.filter((record) => record.phase === name && record.epoch <= epoch));
  }

  /** The rest of the running epoch; false when it was stopped before its end. */
  async #trainEpoch(): Promise<boolean> {
    const { stop, listener } = this.#options;
    while (this.#progress.stepInEpoch < this.#stepsPerEpoch) {
      if (stop?.aborted) return false;
      const { stepInEpoch, sums, seconds } = this.#progress;
      const startedAt = performance.now();
      const samples = await this.#queue.next();
      const measured = await this.#readBack(this.#step(samples), samples);
      this.#progress = {
        ...this.#progress,
        stepInEpoch: stepInEpoch + 1,
        sums: add(sums, measured),
        seconds: seconds + (performance.now() - startedAt) / 1000,
      };
      this.#clock.countStep();
      listener?.step?.(this.#stepProgress());
      await this.#clock.breathe();
      if (this.#saveIsDue()) await this.#save();
    }
    return true;
  }

  #step({ samples }: StepSamples<Sample>): ReturnType<typeof trainStep> {
    const { parameters } = this.#task;
    const step = this.#stepsDone();
    const pass: Pass = { training: true, random: this.#random.fork("dropout").fork(step) };
    const batch = this.#task.batch(samples);
    try {
      return trainStep(
        { parameters, optimizer: this.#optimizer, average: this.#average },
        () => this.#task.loss(batch, pass),
        learningRateAt(step, this.#schedule),
      );
    } finally {
      tf.dispose(batch as tf.TensorContainer);
    }
  }

  async #readBack(
    { partNames, values }: ReturnType<typeof trainStep>,
    { ids }: StepSamples<Sample>,
  ): Promise<Record<string, number>> {
    const numbers = await values.data();
    values.dispose();
    const names = [...partNames, "total", gradientNorm];
    const measured = Object.fromEntries(names.map((name, i) => [name, numbers[i]]));
    if (numbers.every(Number.isFinite)) return measured;
    const { name, folder } = this.#options;
    const seen = names.map((part) => `${part} ${measured[part]}`).join(", ");
    const kept = await exists(checkpointPath(folder))
      ? `; the last good state is in ${checkpointPath(folder)}`
      : "";
    throw new UserError({
      what: `cannot go on training ${name} at epoch ${this.#progress.epoch + 1}, step ${
        this.#stepsDone() + 1
      } (cases ${ids.join(", ")})`,
      rule: "the loss and its gradient must be finite",
      seen,
      remedy: `Lower the learning rate, clip the gradient, or look at these cases${kept}`,
    });
  }

  async #endEpoch(events: TensorboardWriter): Promise<void> {
    const { phase, name, folder, listener } = this.#options;
    const startedAt = performance.now();
    const epoch = this.#progress.epoch + 1;
    const isDue = epoch % phase.validateEvery === 0 || epoch === phase.epochs;
    const validation = isDue && this.#task.validate ? await this.#validate(epoch) : null;
    const { sums, seconds } = this.#progress;
    const { [gradientNorm]: norm, ...loss } = mapValues(sums, (sum) => sum / this.#stepsPerEpoch);
    const endedAt = new Date();
    const step = epoch * this.#stepsPerEpoch;
    const record: EpochRecord = {
      phase: name,
      epoch,
      step,
      learningRate: learningRateAt(step - 1, this.#schedule),
      loss,
      gradientNorm: norm,
      validation,
      seconds: seconds + (performance.now() - startedAt) / 1000,
      endedAt: endedAt.toISOString(),
    };
    // Before the checkpoint: a resumed training can cut a line, but not write one that is missing.
    await appendHistory(historyPath(folder), record);
    await events.scalars(step, endedAt, epochScalars(record));
    listener?.epoch?.(record, { ...this.#stepProgress(), epoch });
    if (this.#stopping.exhausted && epoch < phase.epochs) {
      listener?.notice?.(
        `${name}: stopped after epoch ${epoch}, since ${phase.patience} validations gave no ` +
          `better score than epoch ${this.#progress.bestEpoch}'s`,
      );
    }
    this.#progress = { ...this.#progress, epoch, stepInEpoch: 0, sums: {}, seconds: 0 };
  }

  async #validate(epoch: number): Promise<Validation> {
    return await this.#withEvaluatedWeights(async () => {
      const validation = await this.#task.validate!();
      const better = this.#stopping.observe(validation.score);
      if (better) this.#best = await this.#task.parameters.read();
      this.#progress = {
        ...this.#progress,
        lastScore: validation.score,
        earlyStopping: this.#stopping.state,
        ...(better ? { bestEpoch: epoch, bestMetrics: validation.metrics } : {}),
      };
      return validation;
    });
  }

  /** Runs something with the moving average in the parameters' place, if there is one. */
  async #withEvaluatedWeights<Result>(use: () => Promise<Result>): Promise<Result> {
    if (!this.#average) return await use();
    const { parameters } = this.#task;
    const own = await parameters.read();
    const { values } = await this.#average.read();
    try {
      parameters.write(values, "the moving average", true);
      return await use();
    } finally {
      parameters.write(own, "the training's own weights");
    }
  }

  /** Leaves the best weights in the parameters and in the model's file. */
  async #finish(): Promise<void> {
    const { parameters } = this.#task;
    const { folder, name, config } = this.#options;
    const best = this.#best ??
      await this.#withEvaluatedWeights(async () => await parameters.read());
    parameters.write(best, checkpointPath(folder));
    const { bestEpoch, bestMetrics, earlyStopping, epoch } = this.#progress;
    await writeSafetensors(modelPath(folder), best, {
      config: JSON.stringify(config),
      phase: name,
      epoch: String(bestEpoch ?? epoch),
      score: String(earlyStopping.bestScore ?? NaN),
      metrics: stringifyNumbers(bestMetrics),
    });
  }

  async #save(): Promise<void> {
    const { folder } = this.#options;
    await saveCheckpoint(folder, {
      progress: this.#progress,
      weights: await this.#task.parameters.read(),
      optimizer: await this.#optimizer.read(),
      average: await this.#average?.read() ?? null,
      best: this.#best,
    }, identityOf(this.#task, this.#options));
    this.#clock.countSave();
  }

  #saveIsDue(): boolean {
    const { saveEverySeconds = defaultSaveSeconds } = this.#options;
    return this.#clock.secondsSinceSave() >= saveEverySeconds;
  }

  #stepsDone(): number {
    return this.#progress.epoch * this.#stepsPerEpoch + this.#progress.stepInEpoch;
  }

  #stepProgress(): StepProgress {
    const { epoch, stepInEpoch, sums, lastScore, earlyStopping } = this.#progress;
    const { phase, name } = this.#options;
    return {
      phase: name,
      epoch: epoch + 1,
      epochs: phase.epochs,
      step: this.#stepsDone(),
      totalSteps: this.#schedule.totalSteps,
      loss: sums.total / stepInEpoch,
      score: lastScore,
      bestScore: earlyStopping.bestScore,
      stepsPerSecond: this.#clock.stepsPerSecond(),
    };
  }

  #result(stopped: boolean): FitResult {
    const { folder, keepModel = false } = this.#options;
    const { epoch, bestEpoch, bestMetrics, earlyStopping: { bestScore } } = this.#progress;
    return {
      stopped,
      epochs: epoch,
      best: bestEpoch === null || bestScore === null
        ? null
        : { epoch: bestEpoch, score: bestScore, metrics: bestMetrics },
      modelPath: stopped && !keepModel ? null : modelPath(folder),
    };
  }
}

/** Key of the gradient's norm among what a step measures. */
const gradientNorm = "gradient norm";

function add(
  sums: Readonly<Record<string, number>>,
  values: Readonly<Record<string, number>>,
): Record<string, number> {
  return mapValues(values, (value, key) => (sums[key] ?? 0) + value);
}

function mapValues(
  record: Readonly<Record<string, number>>,
  map: (value: number, key: string) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
