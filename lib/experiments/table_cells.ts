import { parseFold } from "../dataset/split.ts";
import type { EvaluationMode } from "../evaluation/records.ts";
import type { RunGroup } from "./run_group.ts";
import type { RunResult } from "./run_result.ts";

/** "3 of 5": folds that have what a row shows, of all that the data was parted into. */
export function foldsCell(
  { results, specs }: RunGroup,
  has: (result: RunResult) => boolean = () => true,
): string {
  return `${results.filter(has).length} of ${parseFold(specs[0].fold).count}`;
}

/** Says of a result whether it has these modes. */
export function hasModes(...modes: readonly EvaluationMode[]): (result: RunResult) => boolean {
  return (result) => modes.every((mode) => result.modes.includes(mode));
}

/** Says of a result whether its detector has been measured. */
export function hasDetections({ detections }: RunResult): boolean {
  return detections.length > 0;
}
