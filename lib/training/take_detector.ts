import { configDifference } from "../config/overrides.ts";
import { organValues } from "../dataset/organ.ts";
import { UserError } from "../errors.ts";
import { openRun, phaseMissing, type Run, type RunRecord } from "./run_folder.ts";
import { copyPhase, isPhaseTrained } from "./run_part.ts";

/** What a run has to say of itself to take over a detector. */
export type DetectorTaker = Pick<
  RunRecord,
  "config" | "organ" | "split" | "datasetName" | "modalities" | "settings"
>;

/**
 * The run whose trained detector another may take over: it looks at the same pictures with the same
 * networks, knows the organ, has seen none of the other's test cases and was trained on none of those
 * that choose its weights.
 *
 * @throws {UserError} when one of that does not hold
 */
export async function openDetectorRun(folder: string, taker: DetectorTaker): Promise<Run> {
  const run = await openRun(folder);
  const { config, organ, datasetName, settings, modalities, detectorLabels } = run.record;
  const refuse = (rule: string, seen: string): never => {
    throw new UserError({
      what: `cannot take the detector of ${folder}`,
      rule,
      seen,
      remedy: "Train the detector of this run itself, or one with the same data, fold and seed",
    });
  };
  if (!await isPhaseTrained(run, "detector")) throw phaseMissing(run, "detector");
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const others = configDifference(config, taker.config)
    .filter(({ key }) => /^detector\.(targets|view|network)\b/.test(key))
    .map(({ key, ours, theirs }) => `${key} ${ours} and not ${theirs}`);
  if (others.length > 0) {
    refuse("it must have the same targets, views and networks", others.join("; "));
  }
  if (datasetName !== taker.datasetName) {
    refuse(`it must have learned from ${taker.datasetName}`, datasetName);
  }
  if (!same([settings, modalities], [taker.settings, taker.modalities])) {
    refuse("its scans must be prepared in the same way", "in another");
  }
  const known = detectorLabels ?? organValues(organ);
  const unknown = organValues(taker.organ).filter((value) => !known.includes(value));
  const isSameOrgan = detectorLabels !== undefined ||
    same(organValues(organ), organValues(taker.organ));
  if (unknown.length > 0 || !isSameOrgan) {
    refuse(`it must know ${taker.organ.name}`, `it was trained on ${known.join(", ")}`);
  }
  const learned = casesOfDetector(run.record);
  const among = (ids: readonly string[], cases: readonly string[]) =>
    ids.filter((id) => cases.includes(id)).join(", ");
  const tested = among(taker.split.test, learned.detectorCases);
  if (tested !== "") refuse("it must not have learned from a test case", tested);
  const validated = among(taker.split.validation, learned.detectorTraining);
  if (validated !== "") refuse("it must not have been trained on a validation case", validated);
  return run;
}

/**
 * The cases that a run's detector has learned from, in whichever run it did, and those among them that
 * it was trained on: the others chose its weights. Of a detector that a run of earlier versions took
 * over the latter are not known, and none.
 */
export function casesOfDetector(
  { split, detectorCases, detectorTraining }: Pick<
    RunRecord,
    "split" | "detectorCases" | "detectorTraining"
  >,
): Required<Pick<RunRecord, "detectorCases" | "detectorTraining">> {
  return detectorCases === undefined
    ? {
      detectorCases: [...split.training, ...split.validation],
      detectorTraining: split.training,
    }
    : { detectorCases, detectorTraining: detectorTraining ?? [] };
}

/**
 * Copies the weights and histories of the detector that a run took over into its own folder, which
 * needs no other afterwards; does nothing where that is done.
 *
 * @throws {UserError} as {@linkcode openDetectorRun}
 */
export async function copyDetector(run: Run): Promise<void> {
  const { detectorFrom } = run.record;
  if (detectorFrom === undefined || await isPhaseTrained(run, "detector")) return;
  const from = await openDetectorRun(detectorFrom, run.record);
  await copyPhase(from.folder, run, "detector");
}
