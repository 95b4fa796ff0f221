import type { EpochRecord } from "./history.ts";

/** Where a training stands after a step. */
export interface StepProgress {
  readonly phase: string;
  /** The epoch that runs, counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of the phase that are done. */
  readonly step: number;
  readonly totalSteps: number;
  /** Mean of the loss over the epoch so far. */
  readonly loss: number;
  /** The last validation's score and the best one; `null` before the first. */
  readonly score: number | null;
  readonly bestScore: number | null;
  readonly stepsPerSecond: number;
}

/** Hears what a training does. */
export interface TrainingListener {
  /** Before the first step of a training that goes on, or of one that is complete: what it has. */
  earlier?(records: readonly EpochRecord[]): void;
  /** After every step. */
  step?(progress: StepProgress): void;
  /** After every epoch. */
  epoch?(record: EpochRecord, progress: StepProgress): void;
  /** Something that a person should know: a damaged checkpoint, an early stop. */
  notice?(text: string): void;
}

const barWidth = 16;

/**
 * One line that says where a training stands: bar, time left, rate, loss and validation score; what a
 * narrow terminal cuts off is the least.
 *
 * @param scoreName what the score is, "Dice" or "IoU"
 */
export function formatProgress(progress: StepProgress, scoreName: string): string {
  const { phase, epoch, epochs, step, totalSteps, stepsPerSecond } = progress;
  const share = totalSteps > 0 ? step / totalSteps : 0;
  const filled = Math.round(share * barWidth);
  const secondsLeft = stepsPerSecond > 0 ? (totalSteps - step) / stepsPerSecond : NaN;
  return [
    `${phase} ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    `[${"#".repeat(filled)}${".".repeat(barWidth - filled)}]`,
    `${Math.floor(share * 100)}%`.padStart(4),
    ` ETA ${formatDuration(secondsLeft)}`,
    ` ${formatRate(stepsPerSecond)}`,
    ` loss ${progress.loss.toFixed(4)}`,
    ` val ${scoreName} ${formatScore(progress.score)} (best ${formatScore(progress.bestScore)})`,
  ].join(" ");
}

/** The line that stays for an epoch where nothing can be redrawn. */
export function formatEpoch(record: EpochRecord, epochs: number, scoreName: string): string {
  const { total, ...parts } = record.loss;
  const named = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const validation = record.validation === null
    ? []
    : [`val ${scoreName} ${formatScore(record.validation.score)}`];
  return [
    `${record.phase} epoch ${record.epoch}/${epochs}`,
    `loss ${total.toFixed(4)} (${named.join(", ")})`,
    ...validation,
    `rate ${record.learningRate.toExponential(1)}`,
    formatDuration(record.seconds),
  ].join("  ");
}

/** Seconds as "0:07", "12:05" or "1:02:03"; "-:--" when unknown. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-:--";
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const padded = (value: number) => String(value).padStart(2, "0");
  const tail = padded(whole % 60);
  return hours > 0 ? `${hours}:${padded(minutes)}:${tail}` : `${minutes}:${tail}`;
}

function formatScore(score: number | null): string {
  return score === null ? "-" : score.toFixed(4);
}

function formatRate(stepsPerSecond: number): string {
  return stepsPerSecond >= 1 || stepsPerSecond === 0
    ? `${stepsPerSecond.toFixed(1)} steps/s`
    : `${(1 / stepsPerSecond).toFixed(1)} s/step`;
}

/** Where {@linkcode ProgressPrinter} writes. */
export interface Terminal {
  write(text: string): void;
  /** True when lines can be redrawn. */
  readonly interactive: boolean;
  /** Columns of a line. */
  readonly columns: number;
}

/** Of a terminal that does not say how wide it is. */
const usualColumns = 80;

/** The program's standard error, which leaves its standard output to results. */
export function standardError(): Terminal {
  const interactive = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  return {
    write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    interactive,
    get columns() {
      return interactive ? Deno.consoleSize().columns || usualColumns : Infinity;
    },
  };
}

/** In ms: redrawing more often than the eye can follow only costs time. */
const redrawInterval = 100;

/** Prints a training: one line that is redrawn on a terminal, one line an epoch elsewhere. */
export class ProgressPrinter implements TrainingListener {
  readonly #scoreName: string;
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #drawnAt = -Infinity;
  #lineOpen = false;

  constructor(
    scoreName: string,
    terminal: Terminal = standardError(),
    now: () => number = () => performance.now(),
  ) {
    this.#scoreName = scoreName;
    this.#terminal = terminal;
    this.#now = now;
  }

  step(progress: StepProgress): void {
    if (!this.#terminal.interactive || this.#now() - this.#drawnAt < redrawInterval) return;
    this.#draw(progress);
  }

  epoch(record: EpochRecord, progress: StepProgress): void {
    if (!this.#terminal.interactive) {
      this.#terminal.write(`${formatEpoch(record, progress.epochs, this.#scoreName)}\n`);
      return;
    }
    this.#draw(progress);
    if (progress.step === progress.totalSteps) this.#closeLine();
  }

  notice(text: string): void {
    this.#closeLine();
    this.#terminal.write(`${text}\n`);
  }

  #draw(progress: StepProgress): void {
    this.#drawnAt = this.#now();
    const line = formatProgress(progress, this.#scoreName);
    // A line that wraps could not be redrawn.
    const fitting = line.slice(0, Math.max(0, this.#terminal.columns - 1));
    this.#terminal.write(`\r\x1b[K${fitting}`);
    this.#lineOpen = true;
  }

  #closeLine(): void {
    if (this.#lineOpen) this.#terminal.write("\n");
    this.#lineOpen = false;
  }
}
