import type { RunConfig } from "../config/config.ts";
import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import { type Organ, organValues } from "../dataset/organ.ts";
import type { DetectorTargets } from "../detector/detector.ts";
import { piecesOfLabels } from "./organ_pieces.ts";
import type { RunRecord } from "./run_folder.ts";

/**
 * The label values that a run's detector has a silhouette for: all that its training cases have, in
 * ascending order; `undefined` where it learns the organ alone.
 */
export function labelsToDetect(
  prepared: PreparedDataset,
  trainIds: readonly string[],
  { detector }: RunConfig,
): number[] | undefined {
  if (detector.targets === "organ") return undefined;
  const values = trainIds.flatMap((id) => Object.keys(entryOf(prepared, id).labels).map(Number));
  return [...new Set(values)].toSorted((a, b) => a - b);
}

/** The label values of each of a run's silhouettes. */
export function targetLabels({ organ, detectorLabels }: RunTargets): (readonly number[])[] {
  return detectorLabels?.map((value) => [value]) ?? [organValues(organ)];
}

/** What the detector of a run predicts, and which of it is the run's organ. */
export function detectorTargets(record: RunTargets): DetectorTargets {
  const targets = targetLabels(record);
  const wanted = organValues(record.organ);
  const organ = targets.flatMap((values, i) => values.some((v) => wanted.includes(v)) ? [i] : []);
  return { pieces: targets.map((values) => piecesOfLabels(record, values)), organ };
}

type RunTargets = { readonly organ: Organ } & Pick<RunRecord, "detectorLabels" | "pieces">;
