import type { RunSpec } from "./run_spec.ts";

/** Runs in waves: each run's detector comes from a run of an earlier wave, if from another at all. */
export function runWaves(runs: readonly RunSpec[]): RunSpec[][] {
  const depths = new Map<string, number>();
  for (const { id, detectorOf } of runs) {
    // A plan lists a run behind what it depends on; what is not in the list is there already.
    const below = detectorOf === undefined ? undefined : depths.get(detectorOf);
    depths.set(id, below === undefined ? 0 : below + 1);
  }
  const waves: RunSpec[][] = [];
  for (const run of runs) (waves[depths.get(run.id)!] ??= []).push(run);
  return waves;
}
