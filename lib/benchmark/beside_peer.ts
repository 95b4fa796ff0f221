import type { BenchContext } from "./bench_context.ts";
import { compareInTurns, type Peer, runsOf } from "./comparison.ts";
import type { Measurement } from "./measurement.ts";
import { measure, timingOf } from "./timing.ts";

/**
 * Times our work, in turns with a peer's where there is one. A peer that cannot do the work, or does
 * not give our result, is left out, and the measurement says why.
 *
 * @param preparePeer makes the peer ready and checks its result; null where none is wanted
 * @param now the clock for our runs, in ms; the process's monotonic one by default
 */
export async function timeBesidePeer(
  { repeats, turns }: BenchContext,
  ours: () => unknown | Promise<unknown>,
  preparePeer: (() => Promise<Peer>) | null,
  now?: () => number,
): Promise<Pick<Measurement, "timing" | "comparison" | "withoutComparison">> {
  if (preparePeer === null) return { timing: await measure(ours, repeats, now) };
  let peer: Peer;
  try {
    peer = await preparePeer();
  } catch (error) {
    const withoutComparison = error instanceof Error ? error.message : String(error);
    return { timing: await measure(ours, repeats, now), withoutComparison };
  }
  const { oursMs, comparison } = await compareInTurns(runsOf(ours, now), peer, turns);
  return { timing: timingOf(oursMs), comparison };
}
