import type { EvaluationMode } from "../evaluation/records.ts";
import { trainedModes } from "../evaluation/run_models.ts";
import type { Run } from "../training/run_folder.ts";
import { isPhaseTrained } from "../training/run_part.ts";
import type { RunResult } from "./run_result.ts";

/**
 * The modes of a result that this machine's weights measure as it did: a run that has not fine-tuned
 * yet can crop, but is no measure of one that had.
 */
export async function modesHere(
  run: Run,
  { modes, trained }: Pick<RunResult, "modes" | "trained">,
): Promise<EvaluationMode[]> {
  const lacksFineTuning = trained.some(({ phase }) => phase === "finetune") &&
    !await isPhaseTrained(run, "finetune");
  const here = await trainedModes(run);
  return here.filter((mode) => modes.includes(mode) && !(mode === "withCrop" && lacksFineTuning));
}
