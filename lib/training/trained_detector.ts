import { buildDetector, type Detector } from "../detector/detector.ts";
import { loadParameters } from "../nn/weights_file.ts";
import { viewNames } from "../volume/projection.ts";
import { detectorTargets } from "./detector_targets.ts";
import { modelFile, phaseMissing, type Run } from "./run_folder.ts";
import { isPhaseTrained } from "./run_part.ts";

/**
 * The trained detector of a run.
 *
 * @throws {UserError} when a view's weights are missing or do not fit
 */
export async function loadDetector(run: Run): Promise<Detector> {
  const { config } = run.record;
  if (!await isPhaseTrained(run, "detector")) throw phaseMissing(run, "detector");
  const { usualBoxes } = run.record;
  const targets = detectorTargets(run.record);
  const detector = buildDetector(config.detector, config.seed, targets, usualBoxes);
  try {
    for (const view of viewNames) {
      await loadParameters(detector.modules[view].parameters, modelFile(run, "detector", view));
    }
    return detector;
  } catch (error) {
    detector.dispose();
    throw error;
  }
}
