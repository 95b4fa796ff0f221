import { join, relative } from "node:path";
import type { PhaseConfig, PhaseName } from "../config/config.ts";
import { exists, writeAtomic } from "../files.ts";
import { hasCheckpoint } from "./checkpoint.ts";
import { viewNames } from "../volume/projection.ts";
import { historyPath, modelPath, phaseFolder, type Run } from "./run_folder.ts";

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

/** Whose the weights are that a part ends with: another run's came without a checkpoint to go on from. */
export type PartWeights = "none" | "own" | "taken over";

/** The weights that the part in a folder ends with. */
export async function weightsIn(folder: string): Promise<PartWeights> {
  if (!await exists(modelPath(folder))) return "none";
  return await hasCheckpoint(folder) ? "own" : "taken over";
}

/** Whether other runs trained all parts of a phase. */
export async function isTakenOver(run: Run, phase: PhaseName): Promise<boolean> {
  return (await weightsOf(run, phase)).every((weights) => weights === "taken over");
}

/**
 * True when every part of a phase has the weights that it ends with: those of its best validation, or
 * of the one so far where Jupyter's Stop ended it.
 */
export async function isPhaseTrained(run: Run, phase: PhaseName): Promise<boolean> {
  return (await weightsOf(run, phase)).every((weights) => weights !== "none");
}

async function weightsOf(run: Run, phase: PhaseName): Promise<PartWeights[]> {
  return await Promise.all(partsOf(run, phase).map(({ folder }) => weightsIn(folder)));
}

/**
 * Copies what the training of a phase ended with from another run's folder: weights, and the history
 * where there is one.
 */
export async function copyPhase(from: string, run: Run, phase: PhaseName): Promise<void> {
  for (const { folder } of partsOf(run, phase)) {
    const source = join(from, relative(run.folder, folder));
    const copy = async (pathIn: typeof modelPath) =>
      await writeAtomic(pathIn(folder), await Deno.readFile(pathIn(source)));
    if (await exists(historyPath(source))) await copy(historyPath);
    await copy(modelPath); // Last: with it the part counts as trained.
  }
}
