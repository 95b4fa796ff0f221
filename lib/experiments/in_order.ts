import { type PhaseName, phaseNames } from "../config/config.ts";
import type { EvaluationMode } from "../evaluation/records.ts";

const modeOrder: readonly EvaluationMode[] = ["groundTruthRoi", "withCrop", "withoutCrop"];

/** Phases in the order of training and modes in that of the paper's tables, each once. */
export function inOrder(
  phases: readonly PhaseName[],
  modes: readonly EvaluationMode[],
): { readonly phases: readonly PhaseName[]; readonly modes: readonly EvaluationMode[] } {
  return {
    phases: phaseNames.filter((phase) => phases.includes(phase)),
    modes: modeOrder.filter((mode) => modes.includes(mode)),
  };
}
