import type { RunSpec } from "./run_spec.ts";

/**
 * Runs in waves: what a run waits for, since a phase of it is trained there, is in an earlier wave.
 */
export function runWaves(runs: readonly RunSpec[]): RunSpec[][] {
  const depths = new Map<string, number>();
  for (const { id, waitsFor } of runs) {
    // A plan lists a run behind what it waits for; what is not in the list is there already.
    const below = waitsFor.map((other) => depths.get(other) ?? -1);
    depths.set(id, Math.max(-1, ...below) + 1);
  }
  const waves: RunSpec[][] = [];
  for (const run of runs) (waves[depths.get(run.id)!] ??= []).push(run);
  return waves;
}
