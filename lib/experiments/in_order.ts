import type { PhaseName } from "../config/config.ts";
import type { EvaluationMode } from "../evaluation/records.ts";
import { allPhases } from "../training/run_part.ts";

const modeOrder: readonly EvaluationMode[] = ["groundTruthRoi", "withCrop", "withoutCrop"];

/** Phases in the order of training and modes in that of the paper's tables, each once. */
export function inOrder(
  phases: readonly PhaseName[],
  modes: readonly EvaluationMode[],
): { readonly phases: readonly PhaseName[]; readonly modes: readonly EvaluationMode[] } {
  return {
    phases: allPhases.filter((phase) => phases.includes(phase)),
    modes: modeOrder.filter((mode) => modes.includes(mode)),
  };
}
