import type { PhaseName } from "../config/config.ts";
import type { Run } from "../training/run_folder.ts";
import type { PartProgress } from "./part_progress.ts";
import { readRunProgress } from "./run_progress.ts";

/** The parts of a run whose training was stopped and has left its best weights so far as their model. */
export async function stoppedParts(
  run: Run,
  phases?: readonly PhaseName[],
): Promise<PartProgress[]> {
  const { parts } = await readRunProgress(run, { phases });
  return parts.filter(({ state, weights }) => state !== "complete" && weights !== "none");
}
