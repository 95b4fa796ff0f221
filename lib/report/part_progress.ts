import { EarlyStopping } from "../training/early_stopping.ts";
import type { EpochRecord } from "../training/history.ts";
import type { PartWeights, RunPart } from "../training/run_part.ts";

/** How far a part of a run is. */
export interface PartProgress extends RunPart {
  /** The weights that it ends with. */
  readonly weights: PartWeights;
  /** Its epochs so far. */
  readonly records: readonly EpochRecord[];
  /**
   * `waiting`: no epoch has ended. `unfinished`: some have, whether or not it is being trained now.
   * `complete`: there is nothing left to train, and its model is written.
   */
  readonly state: "waiting" | "unfinished" | "complete";
  /** True when its patience ended it before its last epoch. */
  readonly endedEarly: boolean;
  /** The validation with the best score; `null` before any that gave a number. */
  readonly best: { readonly epoch: number; readonly score: number } | null;
  /** Validations without a better score that would end it early; `null` when it has no patience. */
  readonly validationsLeft: number | null;
  /** Mean over the last epochs, with their share of validations; NaN before the first. */
  readonly secondsPerEpoch: number;
  readonly secondsSpent: number;
  /** To its last epoch, early stopping apart; NaN when it cannot be known yet. */
  readonly secondsLeft: number;
}

/** Epochs that a mean duration is taken over; more where validations are rarer. */
const recentEpochs = 5;

/**
 * How far a part is by its history.
 *
 * @param weights whether the weights that it ends with are there; those that another run trained, which
 *   may have had another number of epochs, complete it
 */
export function partProgress(
  part: RunPart,
  records: readonly EpochRecord[],
  weights: PartWeights,
): PartProgress {
  const { epochs, patience, validateEvery } = part.settings;
  const stopping = new EarlyStopping(patience);
  let best: PartProgress["best"] = null;
  for (const { epoch, validation } of records) {
    if (validation === null) continue;
    if (stopping.observe(validation.score)) best = { epoch, score: validation.score };
  }
  const epoch = records.at(-1)?.epoch ?? 0;
  const isTrained = weights === "taken over" || epoch >= epochs || stopping.exhausted;
  const isComplete = isTrained && weights !== "none";
  const recent = records.slice(-Math.max(recentEpochs, 2 * validateEvery));
  const secondsPerEpoch = sumOfSeconds(recent) / recent.length;
  return {
    ...part,
    weights,
    records,
    state: isComplete ? "complete" : epoch > 0 ? "unfinished" : "waiting",
    endedEarly: stopping.exhausted && epoch < epochs,
    best,
    validationsLeft: patience === 0
      ? null
      : Math.max(0, patience - stopping.state.validationsSinceBest),
    secondsPerEpoch,
    secondsSpent: sumOfSeconds(records),
    secondsLeft: isTrained ? 0 : (epochs - epoch) * secondsPerEpoch,
  };
}

function sumOfSeconds(records: readonly EpochRecord[]): number {
  return records.reduce((sum, { seconds }) => sum + seconds, 0);
}
