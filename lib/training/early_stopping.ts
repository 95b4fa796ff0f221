/** What {@linkcode EarlyStopping} remembers between validations. */
export interface EarlyStoppingState {
  /** The best score so far; `null` before the first that is a number. */
  readonly bestScore: number | null;
  /** Validations since the best one. */
  readonly validationsSinceBest: number;
}

/** Tells which validation is the best so far, and when waiting for a better one is over. */
export class EarlyStopping {
  readonly #patience: number;
  #state: EarlyStoppingState;

  /** @param patience validations without a better score after which to stop; 0 never stops */
  constructor(
    patience: number,
    state: EarlyStoppingState = { bestScore: null, validationsSinceBest: 0 },
  ) {
    this.#patience = patience;
    this.#state = state;
  }

  /**
   * Takes the next score, higher is better; true when it is the best. NaN never is. While all scores
   * are 0, nothing has been found yet, and the later counts as the better; not for the patience.
   */
  observe(score: number): boolean {
    const { bestScore, validationsSinceBest } = this.#state;
    const better = !Number.isNaN(score) && (bestScore === null || score > bestScore);
    this.#state = better
      ? { bestScore: score, validationsSinceBest: 0 }
      : { bestScore, validationsSinceBest: validationsSinceBest + 1 };
    return better || (score === 0 && bestScore === 0);
  }

  /** True when the patience is used up. */
  get exhausted(): boolean {
    return this.#patience > 0 && this.#state.validationsSinceBest >= this.#patience;
  }

  get state(): EarlyStoppingState {
    return this.#state;
  }
}
