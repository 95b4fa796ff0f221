import type { RunConfig } from "../config/config.ts";
import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import type { ManifestEntry } from "../dataset/manifest.ts";
import { type Organ, organValues } from "../dataset/organ.ts";
import { addMargin } from "../detector/fusion.ts";
import { edgeForRoi, stageForEdge } from "../segmentor/stage_rule.ts";
import { aroundBoxes, type Box3, boxEdges, unitToVoxels } from "../volume/box.ts";
import type { Triple } from "../volume/volume.ts";

/** The smallest box around all labels of the organ in a case, in unit coordinates; `null` without. */
export function organBoxOf(entry: Pick<ManifestEntry, "labels">, organ: Organ): Box3 | null {
  const boxes = organValues(organ).flatMap((value) => entry.labels[`${value}`]?.boxUnit ?? []);
  return boxes.length === 0 ? null : aroundBoxes(boxes);
}

/** {@linkcode organBoxOf} of a case that has the organ. */
export function organBox(prepared: PreparedDataset, id: string, organ: Organ): Box3 {
  const box = organBoxOf(entryOf(prepared, id), organ);
  if (box === null) throw new Error(`case ${id} has no ${organ.name}`);
  return box;
}

/** The region that the ground truth gives: the organ's box, with the detector's margin or tight. */
export function groundTruthRegion(
  tightUnit: Box3,
  { cubeEdge, detector, roiTraining }: Pick<RunConfig, "cubeEdge" | "detector" | "roiTraining">,
): Box3 {
  const cubeShape: Triple = [cubeEdge, cubeEdge, cubeEdge];
  const margin = roiTraining.groundTruthMargin ? detector : { marginRelative: 0, marginVoxels: 0 };
  return addMargin(tightUnit, cubeShape, margin);
}

/**
 * V0 of Eq. 2 for an organ in a case: the largest edge of the ground truth's region, in voxels of the
 * space that the configuration measures it in; `null` without the organ.
 */
export function regionEdge(entry: ManifestEntry, organ: Organ, config: RunConfig): number | null {
  const tightUnit = organBoxOf(entry, organ);
  if (tightUnit === null) return null;
  const { segmentor, cubeEdge } = config;
  const cube: Triple = [cubeEdge, cubeEdge, cubeEdge];
  const shape = segmentor.edgeSpace === "cube" ? cube : entry.scanShape;
  return Math.max(...boxEdges(unitToVoxels(groundTruthRegion(tightUnit, config), shape)));
}

/**
 * The edge of the segmentor's cube for an organ: Eq. 2 and 3 for V0, the median (of two the larger)
 * over the training cases of the region's largest edge in voxels; or the configured number. A peer's
 * cube is this one, too, as far as it takes it: see `peerEdge`.
 *
 * @throws {UserError} when the configured number is not legal for the segmentor
 */
export function chooseRoiEdge(
  prepared: PreparedDataset,
  trainIds: readonly string[],
  organ: Organ,
  config: RunConfig,
): number {
  const { model, segmentor } = config;
  if (segmentor.edge !== "auto") {
    if (model === "segmentor") stageForEdge(segmentor.edge, segmentor);
    return segmentor.edge;
  }
  const edges = trainIds.flatMap((id) => regionEdge(entryOf(prepared, id), organ, config) ?? []);
  const median = edges.toSorted((a, b) => a - b)[Math.floor(edges.length / 2)];
  return edgeForRoi(median, segmentor, segmentor.edgeRounding);
}
