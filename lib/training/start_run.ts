import { basename, extname, join, resolve } from "node:path";
import { deviceName, nativeVersion } from "../tf.ts";
import type { PhaseName, RunConfig } from "../config/config.ts";
import { type ModelName, modelTitles } from "../config/model_name.ts";
import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import type { Organ } from "../dataset/organ.ts";
import { organVolumeMl } from "../dataset/organ_volume.ts";
import {
  type Fold,
  type ListedFold,
  parseFold,
  type Split,
  splitFold,
  splitListed,
  splitPaper,
  splitRatio,
} from "../dataset/split.ts";
import { readSplitFile } from "../dataset/split_file.ts";
import { boxPrior } from "../detector/box_prior.ts";
import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { runsFolder } from "../paths.ts";
import { peerEdge } from "../peers/peer.ts";
import { stageForEdge } from "../segmentor/stage_rule.ts";
import { chooseRoiEdge, organBox } from "./organ_box.ts";
import { labelsToDetect } from "./detector_targets.ts";
import { countPieces } from "./organ_pieces.ts";
import { requireStart } from "./first_network.ts";
import { createRun, isRun, openRun, refuseRun, type Run, type RunRecord } from "./run_folder.ts";
import { contentOfSplit } from "./same_cases.ts";
import { casesOfDetector, type DetectorTaker, openDetectorRun } from "./take_detector.ts";

/** What a new run is made from. */
export interface NewRun {
  readonly prepared: PreparedDataset;
  readonly organ: Organ;
  readonly config: RunConfig;
  /**
   * "k/n", or "all": none to test. Without it the data set's own test cases, the paper's split where it
   * has validation cases, else a ratio.
   */
  readonly fold?: string;
  /** A file of the folds, such as nnU-Net's `splits_final.json`; ours unless given. */
  readonly splitFile?: string;
  /** Its folder; one named after data set, organ, preset, model and fold unless given. */
  readonly folder?: string;
  /** Folder of the run whose trained detector this one takes over; it trains its own unless given. */
  readonly detectorFrom?: string;
  /** What is to be trained: what a phase would refuse is refused before there is a folder. */
  readonly phases?: readonly PhaseName[];
}

/**
 * The fold that takes no cases for a test, but for those that the data set declares: for a model that
 * is to be used.
 */
const allCases = "all";

/** Shares of the cases for validation and test in a split by ratio. */
const ratio = { validation: 0.15, test: 0.2 };

/**
 * Splits the cases, chooses the segmentor's cube for the organ, and makes the run's folder.
 *
 * @throws {UserError} when the split is impossible, the weights to start from are missing, as
 *   `requireStart`, the detector to take over does not fit, or the folder holds a run already
 */
export async function startRun(
  { prepared, organ, config, fold, splitFile, folder, detectorFrom, phases = [] }: NewRun,
): Promise<Run> {
  const { split, rule } = await chooseSplit(prepared, organ, config.seed, { fold, splitFile });
  const wanted = chooseRoiEdge(prepared, split.training, organ, config);
  await requireInputs({ config });
  const data = {
    datasetName: prepared.isPhantom ? `${prepared.name} (phantom)` : prepared.name,
    settings: prepared.settings,
    modalities: [...new Set(prepared.entries.map(({ modality }) => modality))],
  };
  const detector = detectorFrom === undefined
    ? { detectorLabels: labelsToDetect(prepared, split.training, config) }
    : await takenDetector(detectorFrom, { ...data, config, organ, split });
  const record: RunRecord = {
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    config,
    organ,
    ...data,
    ...onlyOne(prepared, "imageVolume"),
    ...onlyOne(prepared, "imageChannel"),
    preparedFolder: prepared.dir,
    split,
    content: contentOfSplit(prepared, split),
    splitRule: rule,
    ...(splitFile === undefined ? {} : { splitFile: resolve(splitFile) }),
    ...(phases.length === 0 ? {} : { phases }),
    ...legalRoiEdge(config.model, wanted),
    pieces: await countPieces(prepared, split.training, organ),
    ...detector,
    ...(config.detector.fallback === "usual" ? usualOf(prepared, split.training, organ) : {}),
    environment: {
      device: deviceName(),
      tensorflow: nativeVersion(),
      deno: Deno.version.deno,
      platform: `${Deno.build.os} ${Deno.build.arch}`,
      cores: String(navigator.hardwareConcurrency),
    },
  };
  const place = folder ?? defaultFolder(prepared.name, organ, config, { fold, splitFile });
  if (!await isRun(place)) await requireStart({ folder: place, record }, phases);
  return await createRun(place, record);
}

/** The volume or the channel of the files that all cases were prepared from, where it was chosen. */
function onlyOne<K extends "imageVolume" | "imageChannel">(
  { entries }: PreparedDataset,
  key: K,
): Pick<RunRecord, K> | Record<never, never> {
  const values = new Set(entries.map((entry) => entry[key]));
  const [value] = values;
  return values.size === 1 && value !== undefined ? { [key]: value } : {};
}

/** Where the training cases have the organ, and how large. */
function usualOf(
  prepared: PreparedDataset,
  trainIds: readonly string[],
  organ: Organ,
): Pick<RunRecord, "usualBoxes" | "usualMm3"> {
  const usualBoxes = boxPrior(trainIds.map((id) => organBox(prepared, id, organ)));
  const volumes = trainIds.map((id) => organVolumeMl(entryOf(prepared, id), organ) * 1000);
  return { usualBoxes, usualMm3: { min: Math.min(...volumes), max: Math.max(...volumes) } };
}

async function takenDetector(
  folder: string,
  taker: DetectorTaker,
): Promise<
  Pick<RunRecord, "detectorLabels" | "detectorFrom" | "detectorCases" | "detectorTraining">
> {
  const source = await openDetectorRun(folder, taker);
  const { detectorLabels } = source.record;
  const detectorFrom = resolve(source.folder);
  return { detectorLabels, detectorFrom, ...casesOfDetector(source.record) };
}

/**
 * Looks for what a new run needs beside its cases, before these are prepared.
 *
 * @throws {UserError} when the weights or the detector to start from are not there, the folder holds a
 *   run already, or the segmentor's edge is none that it takes
 */
export async function requireInputs(
  { config, folder, detectorFrom }: Pick<NewRun, "config" | "folder" | "detectorFrom">,
): Promise<void> {
  const { modelWeights, segmentor, model, detector: { network } } = config;
  const weights = [
    ["--weights (modelWeights)", modelWeights],
    ["detector.network.backboneWeights", network.kind === "pyramid" ? network.backboneWeights : ""],
  ];
  for (const [name, path] of weights) {
    if (path === "" || await exists(path)) continue;
    throw new UserError({
      what: `cannot start from the weights ${path}`,
      rule: `${name} must name a .safetensors file`,
      seen: "missing",
      remedy: "Check the path",
    });
  }
  if (folder !== undefined) await refuseRun(folder);
  if (detectorFrom !== undefined) await openRun(detectorFrom);
  if (model === "segmentor" && segmentor.edge !== "auto") stageForEdge(segmentor.edge, segmentor);
}

/** The edge that a model takes for a region whose cube has the edge `wanted`. */
function legalRoiEdge(
  model: ModelName,
  wanted: number,
): { roiEdge: number; roiEdgeNote?: string } {
  const roiEdge = model === "segmentor" ? wanted : peerEdge(model, wanted);
  if (roiEdge === wanted) return { roiEdge };
  const roiEdgeNote = `the cube of ${wanted} that the region asks for is raised to ${roiEdge}, ` +
    `the next that ${modelTitles[model]} takes`;
  return { roiEdge, roiEdgeNote };
}

/**
 * The folder of a run that is given no other: data/runs/hippocampus-focus-fold1of5, for instance, or
 * data/runs/hippocampus-focus-segformer3d-fold1of5 for another model than the segmentor; of a fold of
 * a file, its name comes last.
 */
export function defaultFolder(
  datasetName: string,
  organ: Organ,
  config: RunConfig,
  { fold, splitFile }: Pick<NewRun, "fold" | "splitFile">,
): string {
  const parts = [
    datasetName,
    organ.name,
    config.preset,
    config.model === "segmentor" ? undefined : config.model,
    fold && `fold${fold.replace("/", "of")}`,
    splitFile && basename(splitFile, extname(splitFile)),
  ];
  const name = parts.filter((part) => part !== undefined).join("-");
  return join(runsFolder, name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_"));
}

/** What is known of a split before there are cases. */
interface SplitWish {
  /** One of the folds that are drawn. */
  readonly fold?: Fold;
  /** One of a file's. */
  readonly listed?: ListedFold;
}

/**
 * Reads what a run asks of its split.
 *
 * @throws {UserError} when the fold is none, or the file is missing or not one of such folds
 */
export async function readSplitWish(
  { fold, splitFile }: Pick<NewRun, "fold" | "splitFile">,
): Promise<SplitWish> {
  if (splitFile === undefined) {
    return fold === undefined || fold === allCases ? {} : { fold: parseFold(fold) };
  }
  if (fold === undefined || fold === allCases) {
    throw new UserError({
      what: `cannot take a fold of ${splitFile}`,
      rule: "--fold must say which, of how many",
      seen: fold ?? "without --fold",
      remedy: "Add --fold 1/5 for the first of five",
    });
  }
  return { listed: await readSplitFile(splitFile, parseFold(fold)) };
}

async function chooseSplit(
  { entries }: PreparedDataset,
  organ: Organ,
  seed: number,
  run: Pick<NewRun, "fold" | "splitFile">,
): Promise<{ split: Split; rule: string }> {
  const { fold, listed } = await readSplitWish(run);
  if (listed !== undefined) {
    const rule = `fold ${run.fold} of ${basename(run.splitFile!)}, seed ${seed}`;
    return { split: splitListed(entries, organ, listed, seed), rule };
  }
  const { validation, test } = ratio;
  if (run.fold === allCases) {
    const split = splitRatio(entries, organ, { validation, test: 0, seed });
    return { split, rule: `fold ${allCases}, seed ${seed}` };
  }
  if (fold !== undefined) {
    return { split: splitFold(entries, organ, fold, seed), rule: `fold ${run.fold}, seed ${seed}` };
  }
  const hasTest = entries.some(({ subset }) => subset === "test");
  if (!hasTest && entries.some(({ subset }) => subset === "validation")) {
    return {
      split: splitPaper(entries, organ),
      rule: "every other validation case tests (counts of section 4.1)",
    };
  }
  const tested = hasTest ? "the data set's own test cases" : `${test} test`;
  return {
    split: splitRatio(entries, organ, { ...ratio, seed }),
    rule: `${validation} validation, ${tested}, the rest training, seed ${seed}`,
  };
}
