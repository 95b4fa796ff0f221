import { parseFold } from "../dataset/split.ts";
import type { EvaluationMode } from "../evaluation/records.ts";
import type { RunGroup } from "./run_group.ts";

/** How the modes are named in tables. */
export const modeNames: Readonly<Record<EvaluationMode, string>> = {
  groundTruthRoi: "ground-truth region",
  withCrop: "with crop",
  withoutCrop: "without crop",
};

/** "3 of 5": folds that are done, of all that the data was parted into. */
export function foldsCell({ results, specs }: RunGroup): string {
  return `${results.length} of ${parseFold(specs[0].fold).count}`;
}
