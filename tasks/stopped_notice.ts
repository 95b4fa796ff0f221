import type { PhaseName } from "../lib/config/config.ts";
import { stoppedParts } from "../lib/report/stopped_parts.ts";
import type { Run } from "../lib/training/run_folder.ts";

/** Says which networks of runs are those that Jupyter's Stop left, before they had learned all. */
export async function noteStopped(
  runs: readonly Run[],
  phases?: readonly PhaseName[],
): Promise<void> {
  for (const run of runs) {
    for (const { name, records, settings } of await stoppedParts(run, phases)) {
      console.error(
        `warning: ${name} of ${run.folder} was stopped after ${records.length} of ` +
          `${settings.epochs} epochs: its best weights so far are used`,
      );
    }
  }
}
