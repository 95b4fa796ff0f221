/** Shortest time between two lines of progress: on a terminal, and in a log. */
const intervalMs = { terminal: 100, log: 10_000 };

/**
 * Progress on standard error: done of total, rate and time left; one line that is rewritten on a
 * terminal, a line every ten seconds in a log.
 */
export class ProgressLine {
  readonly #unit: string;
  readonly #startMs = performance.now();
  readonly #isTerminal = Deno.stderr.isTerminal();
  #shownMs = -Infinity;
  #startedAt: number | undefined;
  #isOpen = false;

  /** @param unit what is counted, in the plural; "bytes" are shown in megabytes */
  constructor(unit: string) {
    this.#unit = unit;
  }

  /**
   * Shows how much is done. What the first call of an interrupted work starts from does not count
   * in the rate.
   *
   * @param total null where it is not known
   * @param skipped how much of `done` needed no work
   */
  show(done: number, total: number | null, skipped?: number): void {
    this.#startedAt ??= this.#unit === "bytes" ? done : 0;
    const nowMs = performance.now();
    const wait = this.#isTerminal ? intervalMs.terminal : intervalMs.log;
    if (nowMs - this.#shownMs < wait && (done !== total || !this.#isTerminal)) return;
    this.#shownMs = nowMs;
    const worked = done - (skipped ?? this.#startedAt);
    const rate = worked / (nowMs - this.#startMs) * 1000;
    const whole = total === null ? "" : ` of ${this.#amount(total)}`;
    const parts = [`${this.#amount(done)}${whole} ${this.#unitName()}`];
    if (worked > 0 && done !== total) parts.push(`${this.#rate(rate)}/s`);
    if (worked > 0 && total !== null && done < total) {
      parts.push(`${formatDuration((total - done) / rate)} left`);
    }
    this.#write(parts.join(", "));
  }

  /** Leaves the line, so that what is printed next has its own. */
  end(): void {
    if (this.#isOpen) Deno.stderr.writeSync(new TextEncoder().encode("\n"));
    this.#isOpen = false;
  }

  #write(text: string): void {
    const line = this.#isTerminal ? `\r\x1b[K${text}` : `${text}\n`;
    Deno.stderr.writeSync(new TextEncoder().encode(line));
    this.#isOpen = this.#isTerminal;
  }

  #unitName(): string {
    return this.#unit === "bytes" ? "MB" : this.#unit;
  }

  #amount(count: number): string {
    return this.#unit === "bytes" ? (count / 1e6).toFixed(1) : String(count);
  }

  #rate(rate: number): string {
    return this.#unit === "bytes" ? `${(rate / 1e6).toFixed(1)} MB` : formatRate(rate);
  }
}

/** A rate for people, in two digits and without an exponent: "570", "12", "0.25". */
export function formatRate(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}

/** A length of time for people: "8 s", "3 min", "1 h 20 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown time";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
