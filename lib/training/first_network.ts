import type { PhaseName } from "../config/config.ts";
import { buildDetector } from "../detector/detector.ts";
import { exists } from "../files.ts";
import { loadParameters } from "../nn/weights_file.ts";
import { requirePeerEdge } from "../peers/peer.ts";
import { loadPytorchWeights } from "../peers/pytorch_weights.ts";
import { buildSegmentor, type BuiltSegmentor } from "./build_segmentor.ts";
import { hasCheckpoint } from "./checkpoint.ts";
import { detectorTargets } from "./detector_targets.ts";
import { modelFile, phaseFolder, phaseMissing, type Run } from "./run_folder.ts";
import { isPhaseTrained, isTakenOver, partsOf } from "./run_part.ts";

/**
 * The network of a segmentor's phase with the weights that the phase begins with. A phase that has a
 * checkpoint goes on with that one's, and nothing is loaded.
 *
 * @throws {UserError} when they do not fit, or are those of a phase that has not finished
 */
export async function firstNetwork(run: Run, phase: PhaseName): Promise<BuiltSegmentor> {
  const { model, modelWeights } = run.record.config;
  const built = buildSegmentor(run, phase);
  try {
    if (await hasCheckpoint(phaseFolder(run, phase))) return built;
    if (phase === "finetune") {
      const path = modelFile(run, "segmentor");
      if (!await exists(path)) throw phaseMissing(run, "segmentor");
      await loadParameters(built.parameters, path);
    } else if (modelWeights !== "") {
      await loadPytorchWeights({ name: model, parameters: built.parameters }, modelWeights);
    }
    return built;
  } catch (error) {
    built.parameters.dispose();
    throw error;
  }
}

/**
 * Refuses phases that cannot begin: what would fail after the hours that an earlier phase takes fails
 * at once.
 *
 * @throws {UserError} when a network cannot be built as configured, the weights to start from do not
 *   fit, a peer does not take the run's cubes, or fine-tuning lacks what it builds on
 */
export async function requireStart(run: Run, phases: readonly PhaseName[]): Promise<void> {
  const { record } = run;
  const { config: { model, modelWeights, cubeEdge, detector, seed }, roiEdge, detectorFrom } =
    record;
  for (const phase of phases) {
    if (phase === "detector" && detectorFrom === undefined) {
      const built = buildDetector(detector, seed, detectorTargets(record));
      try {
        if (await startsAfresh(run)) await built.modules.xy.loadBackbone();
      } finally {
        built.dispose();
      }
    }
    if (phase !== "segmentor" && phase !== "whole") continue;
    if (model !== "segmentor") requirePeerEdge(model, phase === "whole" ? cubeEdge : roiEdge);
    if (model === "segmentor" || modelWeights !== "") {
      (await firstNetwork(run, phase)).parameters.dispose();
    }
  }
  if (!phases.includes("finetune")) return;
  for (const needed of ["detector", "segmentor"] as const) {
    if (phases.includes(needed) || (needed === "detector" && detectorFrom !== undefined)) continue;
    if (!await isPhaseTrained(run, needed)) throw phaseMissing(run, needed);
  }
}

/** Whether a view of the detector begins with the weights that the configuration names. */
async function startsAfresh(run: Run): Promise<boolean> {
  if (await isTakenOver(run, "detector")) return false;
  const begun = await Promise.all(
    partsOf(run, "detector").map(({ folder }) => hasCheckpoint(folder)),
  );
  return begun.includes(false);
}
