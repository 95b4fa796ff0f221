/** Adds up how long the named parts of a job take. */
export class Stopwatch<Part extends string> {
  readonly #timesMs = new Map<Part, number>();
  readonly #now: () => number;

  /** @param now a clock in ms; the process's monotonic one by default */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Runs `work`, adds its duration to the part, also when it throws, and returns its result. */
  async time<T>(part: Part, work: () => T | Promise<T>): Promise<T> {
    const start = this.#now();
    try {
      return await work();
    } finally {
      this.#timesMs.set(part, (this.#timesMs.get(part) ?? 0) + this.#now() - start);
    }
  }

  /** Durations in ms by part, of the parts that ran. */
  timesMs(): Partial<Record<Part, number>> {
    return Object.fromEntries(this.#timesMs) as Partial<Record<Part, number>>;
  }
}
