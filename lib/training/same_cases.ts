import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import { contentHash } from "../dataset/content.ts";
import type { Split } from "../dataset/split.ts";
import { UserError } from "../errors.ts";
import type { Run, RunRecord } from "./run_folder.ts";

/** `contentHash` of the cases that a split's training sees: those for training, then validation. */
export function contentOfSplit(prepared: PreparedDataset, { training, validation }: Split): string {
  return contentHash([...training, ...validation].map((id) => entryOf(prepared, id)));
}

/**
 * True when the cases that a run was trained with have the same images and labels here; of runs of
 * earlier versions that is not known, and taken for true.
 *
 * @throws {UserError} when a case is missing
 */
export function hasSameContent({ content, split }: RunRecord, prepared: PreparedDataset): boolean {
  return content === undefined || content === contentOfSplit(prepared, split);
}

/**
 * Refuses to train a run on other cases than those that it was started with, or on the same prepared
 * in another way.
 *
 * @throws {UserError} then, or when a case is missing
 */
export function requireSameCases({ folder, record }: Run, prepared: PreparedDataset): void {
  const differences = [
    ...(JSON.stringify(prepared.settings) === JSON.stringify(record.settings)
      ? []
      : ["they are prepared in another way"]),
    ...(hasSameContent(record, prepared) ? [] : ["their images or labels are others"]),
  ];
  if (differences.length === 0) return;
  throw new UserError({
    what: `cannot train the run ${folder} on the cases in ${prepared.dir}`,
    rule: "they must be those that it was started with",
    seen: differences.join(", and "),
    remedy: "Name the data that the run was started with, or start a new run",
  });
}
