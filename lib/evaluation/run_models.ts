import type { PhaseName } from "../config/config.ts";
import type { UsualVolume } from "../detector/usual_volume.ts";
import { exists } from "../files.ts";
import { loadParameters } from "../nn/weights_file.ts";
import { buildSegmentor, type BuiltSegmentor } from "../training/build_segmentor.ts";
import { modelFile, phaseMissing, type Run } from "../training/run_folder.ts";
import { classPieces } from "../training/organ_pieces.ts";
import { isPhaseTrained } from "../training/run_part.ts";
import type { EvaluationMode } from "./records.ts";

/** A segmentor that is ready to run. */
export interface LoadedSegmentor extends BuiltSegmentor {
  /** The phase whose weights it has. */
  readonly phase: PhaseName;
  /** The smallest and the largest volume that training cases have, all classes together, if known. */
  readonly usualMm3: UsualVolume | null;
  /** So many of the largest components of each class are kept; `null`: all are. */
  readonly pieces: readonly number[] | null;
}

/**
 * The phases whose weights serve a mode, best first: fine-tuning comes after the segmentor's own
 * phase, and a run may have stopped before it.
 */
const weightsOfMode: Readonly<Record<EvaluationMode, readonly PhaseName[]>> = {
  groundTruthRoi: ["segmentor"],
  withCrop: ["finetune", "segmentor"],
  withoutCrop: ["whole"],
};

/** The modes that a run has the weights for, in the order of the paper's tables. */
export async function trainedModes(run: Run): Promise<EvaluationMode[]> {
  const modes: EvaluationMode[] = [];
  for (const mode of ["groundTruthRoi", "withCrop", "withoutCrop"] as const) {
    const hasSegmentor = await firstTrained(run, weightsOfMode[mode]) !== undefined;
    const hasDetector = mode !== "withCrop" || await isPhaseTrained(run, "detector");
    if (hasSegmentor && hasDetector) modes.push(mode);
  }
  return modes;
}

/**
 * Refuses a run that has not the weights for a mode.
 *
 * @throws {UserError} that names the phase that is missing
 */
export async function requireMode(run: Run, mode: EvaluationMode): Promise<void> {
  if ((await trainedModes(run)).includes(mode)) return;
  const lacksDetector = mode === "withCrop" && !await isPhaseTrained(run, "detector");
  throw phaseMissing(run, lacksDetector ? "detector" : weightsOfMode[mode][0]);
}

/**
 * The trained segmentor for a mode.
 *
 * @param largestComponent overrules the configuration
 * @throws {UserError} when no phase that serves the mode has finished
 */
export async function loadSegmentor(
  run: Run,
  mode: EvaluationMode,
  largestComponent = run.record.config.segmentor.largestComponent,
): Promise<LoadedSegmentor> {
  const phase = await firstTrained(run, weightsOfMode[mode]);
  if (phase === undefined) throw phaseMissing(run, weightsOfMode[mode][0]);
  const built = buildSegmentor(run, phase);
  try {
    await loadParameters(built.parameters, modelFile(run, phase));
  } catch (error) {
    built.parameters.dispose();
    throw error;
  }
  const pieces = largestComponent ? classPieces(run.record) : null;
  return { ...built, phase, pieces, usualMm3: run.record.usualMm3 ?? null };
}

async function firstTrained(run: Run, phases: readonly PhaseName[]) {
  for (const phase of phases) {
    if (await exists(modelFile(run, phase))) return phase;
  }
  return undefined;
}
