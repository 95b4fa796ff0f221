/** How the verbs find the cases that `--data` names, preparing them when they have to. */
import { openPrepared, type PreparedDataset } from "../lib/dataset/case.ts";
import { openDataset } from "../lib/dataset/layout.ts";
import { manifestPath } from "../lib/dataset/manifest.ts";
import { writePhantomDataset } from "../lib/dataset/phantom_dataset.ts";
import { defaultSettings, prepareDataset } from "../lib/dataset/prepare.ts";
import { UserError } from "../lib/errors.ts";
import { exists } from "../lib/files.ts";
import { preparedFolder, rawFolder } from "../lib/paths.ts";
import { ProgressLine } from "./progress_line.ts";

/** Cases of the phantom that the verbs make where no data set is named. */
const phantomCases = 20;

/**
 * Opens a prepared folder, or prepares a data set and opens that; cases that are current are not
 * made again.
 *
 * @param data a prepared folder, a data set, or `undefined` for the phantom
 * @throws {UserError} when a prepared folder has cubes of another edge, or a case cannot be prepared
 */
export async function openCases(
  data: string | undefined,
  cubeEdge: number,
  signal: AbortSignal,
): Promise<PreparedDataset> {
  if (data !== undefined && await exists(manifestPath(data))) {
    const prepared = await openPrepared(data);
    if (prepared.settings.cubeEdge === cubeEdge) return prepared;
    throw new UserError({
      what: `cannot use the prepared folder ${data}`,
      rule: `its cubes must have the edge of the configuration, ${cubeEdge}`,
      seen: String(prepared.settings.cubeEdge),
      remedy: `Prepare into another folder with --cube ${cubeEdge}, or --set cubeEdge=...`,
    });
  }
  const dataset = await openDataset(data ?? await phantomFolder());
  const suffix = cubeEdge === defaultSettings.cubeEdge ? "" : `-cube${cubeEdge}`;
  const dir = `${preparedFolder}/${dataset.name}${suffix}`;
  const progress = new ProgressLine("cases prepared");
  const { failures, interrupted } = await prepareDataset(
    dataset,
    dir,
    { settings: { cubeEdge }, signal },
    ({ done, total, current }) => {
      if (current < total) progress.show(done, total, current);
    },
  );
  progress.end();
  if (interrupted) signal.throwIfAborted();
  if (failures.length > 0) {
    throw new UserError({
      what: `cannot train on ${dataset.root}`,
      rule: "every labelled case must be fit to be prepared",
      seen: failures.map(({ id, message }) => `${id}: ${message}`).join("; "),
      remedy: "Mend or remove these cases; deno task check says more",
    });
  }
  return await openPrepared(dir);
}

async function phantomFolder(): Promise<string> {
  const dir = `${rawFolder}/phantom`;
  if (!await exists(`${dir}/dataset.json`)) {
    console.error(`No --data given: making a phantom of ${phantomCases} cases in ${dir}`);
    await writePhantomDataset(dir, { cases: phantomCases });
  }
  return dir;
}
