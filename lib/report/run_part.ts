import type { PhaseConfig, PhaseName } from "../config/config.ts";
import { phaseFolder, type Run } from "../training/run_folder.ts";
import { viewNames } from "../volume/projection.ts";

/** What is trained at once: a view's module of the detector, or a segmentor. */
export interface RunPart {
  /** As in its history: "detector-xy", "segmentor". */
  readonly name: string;
  readonly phase: PhaseName;
  /** Where its history, its checkpoint and its model are. */
  readonly folder: string;
  readonly settings: PhaseConfig;
  /** What its validation's score is. */
  readonly scoreName: "IoU" | "Dice";
}

/** All phases in the order in which they are trained; `whole` is the comparison beside the others. */
export const allPhases: readonly PhaseName[] = ["detector", "segmentor", "finetune", "whole"];

/** The parts of a phase, in the order in which they are trained. */
export function partsOf(run: Run, phase: PhaseName): RunPart[] {
  const settings = run.record.config.phases[phase];
  if (phase !== "detector") {
    return [{ name: phase, phase, folder: phaseFolder(run, phase), settings, scoreName: "Dice" }];
  }
  return viewNames.map((view) => ({
    name: `detector-${view}`,
    phase,
    folder: phaseFolder(run, phase, view),
    settings,
    scoreName: "IoU",
  }));
}
