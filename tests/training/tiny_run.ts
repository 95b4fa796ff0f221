import type { PhaseName } from "../../lib/config/config.ts";
import { makeConfig } from "../../lib/config/overrides.ts";
import { openPrepared, type PreparedDataset } from "../../lib/dataset/case.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { writePhantomDataset } from "../../lib/dataset/phantom_dataset.ts";
import { prepareDataset } from "../../lib/dataset/prepare.ts";
import type { Run } from "../../lib/training/run_folder.ts";
import { startRun } from "../../lib/training/start_run.ts";
import { trainRun } from "../../lib/training/train_run.ts";

/** Six phantoms of 48 x 40 x 24 voxels, in RAS, LPS and LAS files in turn, and their cubes of 32. */
export async function tinyPrepared(dir: string): Promise<PreparedDataset> {
  await writePhantomDataset(`${dir}/raw`, { cases: 6, shape: [48, 40, 24] });
  const dataset = await openDataset(`${dir}/raw`);
  await prepareDataset(dataset, `${dir}/prepared`, { settings: { cubeEdge: 32 }, jobs: 1 });
  return await openPrepared(`${dir}/prepared`);
}

/** A run of the preset `tiny` on the liver, its phases trained in the given order. */
export async function tinyRun(
  prepared: PreparedDataset,
  folder: string,
  { phases, organ = "liver", set = [] }: {
    phases: readonly PhaseName[];
    organ?: string;
    set?: readonly string[];
  },
): Promise<Run> {
  const run = await startRun({
    prepared,
    organ: parseOrgan(organ, prepared.labels),
    config: makeConfig("tiny", set),
    folder,
  });
  await trainRun(run, prepared, { phases, resume: false });
  return run;
}
