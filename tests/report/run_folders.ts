import { makeConfig } from "../../lib/config/overrides.ts";
import { appendHistory, type EpochRecord } from "../../lib/training/history.ts";
import { createRun, type Run, type RunRecord } from "../../lib/training/run_folder.ts";

/** When the runs of these tests are made. */
export const madeAt = "2026-03-01T10:00:00.000Z";

/** A moment after {@linkcode madeAt}, in ms since 1970. */
export function after(seconds: number): number {
  return Date.parse(madeAt) + 1000 * seconds;
}

/** A run of the preset `tiny`; nothing of it is trained. */
export async function untrainedRun(
  folder: string,
  set: readonly string[] = [],
  changes: Partial<RunRecord> = {},
): Promise<Run> {
  return await createRun(folder, {
    formatVersion: 1,
    createdAt: madeAt,
    config: makeConfig("tiny", set),
    organ: { name: "liver", classes: [{ name: "liver", values: [6] }] },
    datasetName: "phantom",
    preparedFolder: `${folder}/no such prepared folder`,
    settings: {
      cubeEdge: 32,
      scanMaxEdge: 320,
      ctWindow: { low: -160, high: 240 },
      mrPercentiles: { low: 0.5, high: 99.5 },
      speckShare: 0.01,
    },
    modalities: ["ct"],
    split: { training: ["a", "b"], validation: ["c"], test: ["d", "e"], dropped: ["f"] },
    splitRule: "fold 1/5, seed 0",
    roiEdge: 16,
    environment: { device: "CPU", deno: "2.9.6" },
    ...changes,
  });
}

/** An epoch that took 2 s and ended `2 * epoch` seconds after {@linkcode madeAt}. */
export function epochRecord(epoch: number, changes: Partial<EpochRecord> = {}): EpochRecord {
  return {
    phase: "segmentor",
    epoch,
    step: 4 * epoch,
    learningRate: 1e-3,
    loss: { dice: 0.5 / epoch, crossEntropy: 0.25 / epoch, total: 0.75 / epoch },
    gradientNorm: 1,
    validation: { score: 1 - 0.5 / epoch, metrics: {} },
    seconds: 2,
    endedAt: new Date(after(2 * epoch)).toISOString(),
    ...changes,
  };
}

/** Writes a part's history: folder is "segmentor" or "detector/xy". */
export async function writeEpochs(
  run: Run,
  folder: string,
  records: readonly EpochRecord[],
): Promise<void> {
  for (const record of records) {
    await appendHistory(`${run.folder}/${folder}/history.jsonl`, record);
  }
}

/** Writes what a part ends with. */
export async function writeModel(run: Run, folder: string): Promise<void> {
  await Deno.mkdir(`${run.folder}/${folder}`, { recursive: true });
  await Deno.writeTextFile(`${run.folder}/${folder}/model.safetensors`, "weights");
}
