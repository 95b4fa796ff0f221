import { percentileOfSorted } from "../evaluation/statistics.ts";

/** What repeated runs of the same work took. */
export interface Timing {
  readonly medianMs: number;
  /** The first and the third quartile: half of the runs lie between them. */
  readonly lowMs: number;
  readonly highMs: number;
  readonly minMs: number;
  /** Every run, in order. */
  readonly timesMs: readonly number[];
}

/** How often work is repeated. */
export interface Repeats {
  /** Runs before the first that counts. */
  readonly warmUp: number;
  /** Runs that count, at most. */
  readonly runs: number;
  /** Once the runs together took this long, no further one is begun, three excepted. */
  readonly enoughMs: number;
}

/** Fewest runs that have a median and quartiles. */
const fewestRuns = 3;

/** Median, quartiles and minimum of the times of runs. */
export function timingOf(timesMs: readonly number[]): Timing {
  const sorted = timesMs.toSorted((a, b) => a - b);
  return {
    medianMs: percentileOfSorted(sorted, 50),
    lowMs: percentileOfSorted(sorted, 25),
    highMs: percentileOfSorted(sorted, 75),
    minMs: sorted[0] ?? NaN,
    timesMs,
  };
}

/**
 * Times repeated runs of `work`, after some that do not count.
 *
 * @param now a clock in ms; the process's monotonic one by default
 */
export async function measure(
  work: () => unknown | Promise<unknown>,
  { warmUp, runs, enoughMs }: Repeats,
  now: () => number = () => performance.now(),
): Promise<Timing> {
  for (let i = 0; i < warmUp; i++) await work();
  const timesMs: number[] = [];
  let totalMs = 0;
  while (timesMs.length < runs && (timesMs.length < fewestRuns || totalMs < enoughMs)) {
    const start = now();
    await work();
    timesMs.push(now() - start);
    totalMs += timesMs[timesMs.length - 1];
  }
  return timingOf(timesMs);
}
