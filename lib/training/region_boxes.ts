import type { RoiTrainingConfig, RunConfig } from "../config/config.ts";
import type { BoxPrior } from "../detector/box_prior.ts";
import { addMargin } from "../detector/fusion.ts";
import type { Random } from "../random.ts";
import { aroundBoxes, type Box3, boxEdges } from "../volume/box.ts";
import type { Triple } from "../volume/volume.ts";

/**
 * The box with each face moved by its own normal draw: what a detector's wall errors look like. How
 * strongly is drawn for each box, since most detections are good and a few are not: the standard
 * deviation is uniform in 0 .. 2 times the lesser of `faceJitter` times the box's edge and
 * `faceJitterLimit`. Cut off at the volume; an axis whose faces would cross keeps its walls.
 */
export function jitterBox(
  boxUnit: Box3,
  { faceJitter, faceJitterLimit }: Pick<RoiTrainingConfig, "faceJitter" | "faceJitterLimit">,
  random: Random,
): Box3 {
  const edges = boxEdges(boxUnit);
  const strength = random.uniform(0, 2);
  const spans = ([0, 1, 2] as const).map((axis) => {
    const by = strength * Math.min(faceJitter * edges[axis], faceJitterLimit);
    const min = Math.max(0, boxUnit.min[axis] + random.normal(0, by));
    const max = Math.min(1, boxUnit.max[axis] + random.normal(0, by));
    const crossed = max - min < 0.25 * edges[axis];
    return crossed ? [boxUnit.min[axis], boxUnit.max[axis]] : [min, max];
  });
  return { min: columnOf(spans, 0), max: columnOf(spans, 1) };
}

/**
 * The region that a sample of fine-tuning shows: the detector's, or with probability
 * `groundTruthShare` the ground truth's, jittered.
 */
export function drawRegion(
  regions: { readonly groundTruth: Box3; readonly detected: Box3 },
  config: RoiTrainingConfig,
  random: Random,
): Box3 {
  const region = random.chance(config.groundTruthShare) ? regions.groundTruth : regions.detected;
  return jitterBox(region, config, random);
}

function columnOf(spans: readonly (readonly number[])[], column: 0 | 1): Triple {
  return [spans[0][column], spans[1][column], spans[2][column]];
}

/**
 * What training draws in place of `region` for some of its samples, as often as configured: the
 * region of a detection in an unusual place, here of the organ's own box.
 *
 * @param usual where the training cases have the organ; without it `region` is returned
 */
export function drawFallback(
  region: Box3,
  tightUnit: Box3,
  usual: BoxPrior | undefined,
  { cubeEdge, detector, roiTraining }: Pick<RunConfig, "cubeEdge" | "detector" | "roiTraining">,
  random: Random,
): Box3 {
  if (!usual || !random.chance(roiTraining.fallbackShare)) return region;
  return addMargin(aroundBoxes([tightUnit, usual.outer]), [cubeEdge, cubeEdge, cubeEdge], detector);
}
