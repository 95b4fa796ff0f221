import type { PhaseName } from "../config/config.ts";
import { exists, refuseExisting } from "../files.ts";
import { loadParameters } from "../nn/weights_file.ts";
import { savePytorchWeights } from "../peers/pytorch_weights.ts";
import { buildSegmentor } from "./build_segmentor.ts";
import { modelFile, phaseMissing, type Run } from "./run_folder.ts";

/** The phases that end with the weights of what segments, the last one of the method first. */
export const exportedPhases = ["finetune", "segmentor", "whole"] as const satisfies PhaseName[];

/** One of {@linkcode exportedPhases}. */
export type ExportedPhase = typeof exportedPhases[number];

/** The first of {@linkcode exportedPhases} that a run has finished; `undefined` without one. */
export async function lastTrainedPhase(run: Run): Promise<ExportedPhase | undefined> {
  for (const phase of exportedPhases) if (await exists(modelFile(run, phase))) return phase;
  return undefined;
}

/**
 * Writes the weights that a phase ended with as PyTorch programs read them: a .safetensors file with
 * the published names and PyTorch's layouts, and in its metadata what they are for. Training starts
 * from such a file where `modelWeights` names it.
 *
 * @throws {UserError} when the phase has not finished, or the file is there already
 */
export async function exportWeights(run: Run, phase: ExportedPhase, path: string): Promise<void> {
  if (!await exists(modelFile(run, phase))) throw phaseMissing(run, phase);
  await refuseExisting(path, "Name another --output file, or remove that one");
  const { model, parameters, edge } = buildSegmentor(run, phase);
  try {
    await loadParameters(parameters, modelFile(run, phase));
    await savePytorchWeights({ name: model, parameters }, path, {
      model,
      phase,
      edge: String(edge),
      organ: JSON.stringify(run.record.organ),
      config: JSON.stringify(run.record.config),
    });
  } finally {
    parameters.dispose();
  }
}
