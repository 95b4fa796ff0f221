/** In ms: signals and workers are heard only between two turns of the event loop. */
const longestTurn = 50;

/** The times of one session of training; a resumed training begins a new one. */
export class SessionClock {
  readonly #startedAt = performance.now();
  #savedAt = performance.now();
  #turnedAt = performance.now();
  #steps = 0;

  /** A step was done. */
  countStep(): void {
    this.#steps++;
  }

  /** A checkpoint was saved. */
  countSave(): void {
    this.#savedAt = performance.now();
  }

  /** Time since the last checkpoint, or since the start. */
  secondsSinceSave(): number {
    return (performance.now() - this.#savedAt) / 1000;
  }

  /** Steps over all time since the start: with validations and savings, to tell the time left. */
  stepsPerSecond(): number {
    return this.#steps * 1000 / (performance.now() - this.#startedAt);
  }

  /** Lets the event loop turn when it has not for a while: TensorFlow keeps the thread busy. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#turnedAt < longestTurn) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#turnedAt = performance.now();
  }
}
