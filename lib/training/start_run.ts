import { join } from "node:path";
import { deviceName, nativeVersion } from "../tf.ts";
import type { RunConfig } from "../config/config.ts";
import type { PreparedDataset } from "../dataset/case.ts";
import { type Organ } from "../dataset/organ.ts";
import { parseFold, type Split, splitFold, splitPaper, splitRatio } from "../dataset/split.ts";
import { runsFolder } from "../paths.ts";
import { chooseRoiEdge } from "./organ_box.ts";
import { createRun, type Run } from "./run_folder.ts";

/** What a new run is made from. */
export interface NewRun {
  readonly prepared: PreparedDataset;
  readonly organ: Organ;
  readonly config: RunConfig;
  /** "k/n"; without it the paper's split where the data set has validation cases, else a ratio. */
  readonly fold?: string;
  /** Its folder; one named after data set, organ, preset and fold unless given. */
  readonly folder?: string;
}

/** Shares of the cases for validation and test in a split by ratio. */
const ratio = { validation: 0.15, test: 0.2 };

/**
 * Splits the cases, chooses the segmentor's cube for the organ, and makes the run's folder.
 *
 * @throws {UserError} when the split is impossible, or the folder holds a run already
 */
export async function startRun({ prepared, organ, config, fold, folder }: NewRun): Promise<Run> {
  const { split, rule } = chooseSplit(prepared, organ, config.seed, fold);
  return await createRun(folder ?? defaultFolder(prepared.name, organ, config, fold), {
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    config,
    organ,
    datasetName: prepared.isPhantom ? `${prepared.name} (phantom)` : prepared.name,
    preparedFolder: prepared.dir,
    settings: prepared.settings,
    modalities: [...new Set(prepared.entries.map(({ modality }) => modality))],
    split,
    splitRule: rule,
    roiEdge: chooseRoiEdge(prepared, split.training, organ, config),
    environment: {
      device: deviceName(),
      tensorflow: nativeVersion(),
      deno: Deno.version.deno,
      platform: `${Deno.build.os} ${Deno.build.arch}`,
      cores: String(navigator.hardwareConcurrency),
    },
  });
}

/** The folder of a run that is given no other: data/runs/hippocampus-focus-fold1of5, for instance. */
export function defaultFolder(
  datasetName: string,
  organ: Organ,
  config: RunConfig,
  fold?: string,
): string {
  const parts = [datasetName, organ.name, config.preset, fold && `fold${fold.replace("/", "of")}`];
  const name = parts.filter((part) => part !== undefined).join("-");
  return join(runsFolder, name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_"));
}

function chooseSplit(
  { entries }: PreparedDataset,
  organ: Organ,
  seed: number,
  fold: string | undefined,
): { split: Split; rule: string } {
  if (fold !== undefined) {
    const split = splitFold(entries, organ, parseFold(fold), seed);
    return { split, rule: `fold ${fold}, seed ${seed}` };
  }
  if (entries.some(({ subset }) => subset === "validation")) {
    return { split: splitPaper(entries, organ), rule: "the paper's (section 4.1)" };
  }
  const { validation, test } = ratio;
  return {
    split: splitRatio(entries, organ, { ...ratio, seed }),
    rule: `${validation} validation, ${test} test, the rest training, seed ${seed}`,
  };
}
