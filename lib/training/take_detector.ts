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
 * networks, knows the organ, and has seen none of the other's test cases.
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
  const seen = taker.split.test.filter((id) => learned.includes(id));
  if (seen.length > 0) refuse("it must not have learned from a test case", seen.join(", "));
  return run;
}

/** The cases that a run's detector has learned from, in whichever run it did. */
export function casesOfDetector(
  { split, detectorCases }: Pick<RunRecord, "split" | "detectorCases">,
): readonly string[] {
  return detectorCases ?? [...split.training, ...split.validation];
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
