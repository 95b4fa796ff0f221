import { basename } from "node:path";
import type { PhaseName } from "../config/config.ts";
import type { PreparedDataset } from "../dataset/case.ts";
import type { Run } from "../training/run_folder.ts";
import { type TrainedPart, trainRun } from "../training/train_run.ts";
import { showMarkdown } from "./show.ts";
import { stopButton } from "./stop_button.ts";
import { liveTraining } from "./training_curves.ts";

/**
 * Trains phases of a run with live curves under the cell. Jupyter's Stop ends it after the running
 * step, with the best model so far kept for the cells that follow; training the same run again goes
 * on where it stopped.
 *
 * @param phases in the order in which they are trained; those that are complete are passed over
 * @returns what was trained, as `trainRun`
 * @throws {UserError} as `trainRun`
 */
export async function trainLive(
  run: Run,
  prepared: PreparedDataset,
  phases: readonly PhaseName[],
): Promise<TrainedPart[]> {
  const { organ } = run.record;
  const curves = liveTraining(`Training: ${organ.name} in ${prepared.name}`, "validation score");
  using stop = stopButton();
  try {
    const parts = await trainRun(run, prepared, {
      phases,
      resume: true,
      stop: stop.signal,
      keepModel: true,
      listenTo: () => curves,
    });
    if (!stop.signal.aborted) return parts;
    await showMarkdown(
      `Stopped. The model so far is kept in ${basename(run.folder)}, and training the same run ` +
        "again goes on from here.",
    );
    return parts;
  } finally {
    await curves.end();
  }
}
