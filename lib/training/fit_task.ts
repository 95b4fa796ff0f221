import type { PhaseConfig } from "../config/config.ts";
import type { Parameters, Pass } from "../nn/parameters.ts";
import type { Random } from "../random.ts";
import type { Validation } from "./history.ts";
import type { LossParts } from "./loss_parts.ts";
import type { TrainingListener } from "./progress.ts";

/** What is trained, on what. `Sample` is host data of one case, `Batch` holds tensors. */
export interface FitTask<Sample, Batch> {
  readonly parameters: Parameters;
  /** The training cases, at least one. */
  readonly trainIds: readonly string[];
  /** Prepares a case, with augmentation drawn from `random`: equal states, equal samples. */
  sample(id: string, random: Random): Sample | Promise<Sample>;
  /** Tensors of some samples. What it returns is disposed after the step. */
  batch(samples: readonly Sample[]): Batch;
  /** The named terms whose sum is minimised, as scalars; runs inside `tf.tidy`. */
  loss(batch: Batch, pass: Pass): LossParts;
  /**
   * Measures the model. While it runs the parameters hold their moving average, if there is one.
   * Without it the last weights count as the best.
   */
  validate?(): Promise<Validation>;
}

/** How `fit` trains. */
export interface FitOptions {
  /** Names the phase in history, errors and random streams. */
  readonly name: string;
  readonly phase: PhaseConfig;
  readonly seed: number | string;
  /**
   * Where the phase's files go: `checkpoint.safetensors`, `model.safetensors`, `history.jsonl` and
   * TensorBoard's events.
   */
  readonly folder: string;
  /**
   * A JSON value with everything else that decides the result, such as the run's configuration. It
   * is stored with the weights, and a resumed training must have the same.
   */
  readonly config: unknown;
  /** A digest of other parts' weights that the result depends on, which a resumed training finds again. */
  readonly basis?: string;
  /** Go on from the folder's checkpoint; from the start when there is none. */
  readonly resume?: boolean;
  /** What the learning rate of a parameter is multiplied by; 1 unless given. */
  rateFactor?(parameterName: string): number;
  readonly listener?: TrainingListener;
  /** Once aborted, the training saves its state after the running step and returns. */
  readonly stop?: AbortSignal;
  /** Write the best weights so far to the model's file after a stop, too. */
  readonly keepModel?: boolean;
  /** Steps whose samples are begun before they are needed; 1 unless given. */
  readonly stepsAhead?: number;
  /** Time between two checkpoints; 60 unless given, 0 saves after every step. */
  readonly saveEverySeconds?: number;
}

/** How a training ended. */
export interface FitResult {
  /** True when the training was stopped before its end and can be resumed. */
  readonly stopped: boolean;
  /** Epochs that are complete. */
  readonly epochs: number;
  /** The best validation; `null` without any that gave a number. */
  readonly best:
    | { readonly epoch: number; readonly score: number } & Pick<Validation, "metrics">
    | null;
  /** The file of the weights that the phase ends with; `null` when a stop left none. */
  readonly modelPath: string | null;
}
