import type { PreparedDataset } from "../dataset/case.ts";
import type { Box3 } from "../volume/box.ts";
import { groundTruthRegion, organBox } from "./organ_box.ts";
import { drawFallback, jitterBox } from "./region_boxes.ts";
import type { Run } from "./run_folder.ts";
import type { RegionSource } from "./segmentor_task.ts";
import type { SampleMaker } from "./training_sample.ts";

/**
 * Ground-truth regions of a run's cases, as in the paper's Table 2: with their walls jittered as the
 * configuration says for training, as they are for validation.
 */
export function groundTruthSource(
  { record: { config, organ, usualBoxes } }: Run,
  prepared: PreparedDataset,
  makeSample: SampleMaker,
): RegionSource {
  const { segmentor: { source }, roiTraining } = config;
  const regionOf = (id: string): Box3 => groundTruthRegion(organBox(prepared, id, organ), config);
  return {
    space: source,
    makeSample,
    drawTraining: (id, random) => {
      const jittered = jitterBox(regionOf(id), roiTraining, random);
      const tightUnit = organBox(prepared, id, organ);
      return drawFallback(jittered, tightUnit, usualBoxes, config, random.fork("fallback"));
    },
    validation: regionOf,
  };
}
