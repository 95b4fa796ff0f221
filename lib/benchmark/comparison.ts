import { percentileOfSorted } from "../evaluation/statistics.ts";
import type { Comparison } from "./measurement.ts";
import { measure, timingOf } from "./timing.ts";

/** Runs work a number of times, after one run that does not count; each run's milliseconds. */
export type TimeRuns = (runs: number) => Promise<readonly number[]>;

/**
 * The runs of work of ours.
 *
 * @param now a clock in ms; the process's monotonic one by default
 */
export function runsOf(work: () => unknown | Promise<unknown>, now?: () => number): TimeRuns {
  return async (runs) =>
    (await measure(work, { warmUp: 1, runs, enoughMs: Infinity }, now)).timesMs;
}

/** How two programs take turns. */
export interface Turns {
  readonly turns: number;
  /** A turn has as many runs of each program as fit into this time, one at least. */
  readonly turnMs: number;
}

/** Another program that is ready to do the same work, and gives the same result. */
export interface Peer {
  /** "PyTorch 2.9, channels-last". */
  readonly name: string;
  readonly time: TimeRuns;
}

/** Most runs of a program in a turn. */
const mostRuns = 50;

/**
 * Times our work and a peer's in turns, ours first, so that what else the machine does meets both
 * alike. Each turn's ratio is that of its two medians.
 *
 * @returns every run of ours, and the comparison
 */
export async function compareInTurns(
  ours: TimeRuns,
  peer: Peer,
  turns: Turns,
): Promise<{ oursMs: number[]; comparison: Comparison }> {
  const [ourRuns, theirRuns] = [await runsOfTurn(ours, turns), await runsOfTurn(peer.time, turns)];
  const oursMs: number[] = [];
  const theirsMs: number[] = [];
  const ratios: number[] = [];
  for (let turn = 0; turn < turns.turns; turn++) {
    const a = await ours(ourRuns);
    const b = await peer.time(theirRuns);
    oursMs.push(...a);
    theirsMs.push(...b);
    ratios.push(timingOf(a).medianMs / timingOf(b).medianMs);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  return {
    oursMs,
    comparison: {
      peer: peer.name,
      timing: timingOf(theirsMs),
      ratios,
      ratio: percentileOfSorted(sorted, 50),
      ratioLow: percentileOfSorted(sorted, 25),
      ratioHigh: percentileOfSorted(sorted, 75),
    },
  };
}

async function runsOfTurn(time: TimeRuns, { turnMs }: Turns): Promise<number> {
  const [onceMs] = await time(1);
  return Math.max(1, Math.min(mostRuns, Math.floor(turnMs / onceMs)));
}
