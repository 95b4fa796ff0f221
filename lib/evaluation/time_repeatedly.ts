import { summarize, type Summary } from "./statistics.ts";
import { Stopwatch } from "./stopwatch.ts";

/** How {@linkcode timeRepeatedly} measures. */
export interface TimingOptions {
  /** Runs that are timed; 5 unless given. */
  readonly repeats?: number;
  /** Runs before them that are not: first runs allocate and load; 1 unless given. */
  readonly warmUps?: number;
  /** A clock in ms; the process's monotonic one unless given. */
  readonly now?: () => number;
}

/**
 * How long `work` takes, in ms. The median is the figure to report: a busy machine slows single runs
 * down, and nothing speeds one up.
 *
 * `work` must end with its result at hand (data read back from the device), or it measures how long
 * it takes to ask.
 */
export async function timeRepeatedly(
  work: () => unknown,
  { repeats = 5, warmUps = 1, now }: TimingOptions = {},
): Promise<Summary> {
  for (let run = 0; run < warmUps; run++) await work();
  const timesMs: number[] = [];
  for (let run = 0; run < repeats; run++) {
    const watch = new Stopwatch<"run">(now);
    await watch.time("run", work);
    timesMs.push(watch.timesMs().run!);
  }
  return summarize(timesMs);
}
