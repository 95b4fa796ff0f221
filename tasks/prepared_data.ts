/** How the verbs open the cases that `--data` names, with progress on standard error. */
import type { PreparedDataset } from "../lib/dataset/case.ts";
import { openCases, type OpenCasesOptions } from "../lib/dataset/open_cases.ts";
import { undeclaredLabels } from "../lib/dataset/undeclared_labels.ts";
import { ProgressLine } from "./progress_line.ts";

/**
 * Opens cases as {@linkcode openCases} does, and says what it does meanwhile.
 *
 * @param data a prepared folder, a data set, or `undefined` for the phantom
 * @param options as {@linkcode openCases} takes them
 */
export async function openCasesAloud(
  data: string | undefined,
  cubeEdge: number,
  signal: AbortSignal,
  { modality, onLabels }: Pick<OpenCasesOptions, "modality" | "onLabels">,
): Promise<PreparedDataset> {
  const made = new ProgressLine("cases of a phantom made, since no --data is given");
  const startPreparing = () => new ProgressLine("cases prepared");
  let prepared = startPreparing();
  try {
    const cases = await openCases({
      data,
      modality,
      cubeEdge,
      signal,
      onLabels,
      onPhantom: (done, total) => {
        made.show(done, total);
        prepared = startPreparing(); // whose rate does not count what comes before it
      },
      onPrepare: ({ done, total, current }) => {
        made.end();
        if (current < total) prepared.show(done, total, current);
      },
    });
    const undeclared = undeclaredLabels(cases);
    if (undeclared.length > 0) {
      prepared.end();
      console.error(`Labels that the data set does not declare: ${undeclared.join("; ")}`);
    }
    return cases;
  } finally {
    prepared.end();
  }
}
