import type { Modality } from "../dataset/dataset.ts";
import { hashFile } from "../dataset/hash_file.ts";
import type { Organ } from "../dataset/organ.ts";
import type { ScanImages } from "../dataset/scan_images.ts";
import type { Detector } from "../detector/detector.ts";
import type { UsualVolume } from "../detector/usual_volume.ts";
import { UserError } from "../errors.ts";
import { pasteMeanBlock } from "../segmentor/mean_roi.ts";
import { shellWord } from "../shell_word.ts";
import { jsonDifference } from "../training/json_difference.ts";
import { detectorTargets } from "../training/detector_targets.ts";
import { modelFile, phaseMissing, type Run } from "../training/run_folder.ts";
import { isPhaseTrained } from "../training/run_part.ts";
import { loadDetector } from "../training/trained_detector.ts";
import { applyAffine } from "../volume/affine.ts";
import { unitToVoxels } from "../volume/box.ts";
import { largestPiecesOfEach } from "../volume/components.ts";
import type { ScoredBlock } from "../volume/label_block.ts";
import { viewNames } from "../volume/projection.ts";
import type { Grid } from "../volume/volume.ts";
import { predictionWarnings } from "./prediction_warnings.ts";
import type { EvaluationMode } from "./records.ts";
import { type LoadedSegmentor, loadSegmentor, trainedModes } from "./run_models.ts";
import { ScanSegmenter, type SegmentedRegion } from "./segment_scan.ts";
import type { OrganSegmenter } from "./segment_together.ts";

/** How a run segments scans that are not of its data set. */
export interface OrganPredictorOptions {
  /** "withCrop" asks the detector, "withoutCrop" takes the whole volume. */
  readonly mode: Exclude<EvaluationMode, "groundTruthRoi">;
  /** Keep the largest piece of each class only, or as many as it has; as configured unless given. */
  readonly largestComponent?: boolean;
}

/** The trained models of one run. */
interface RunModels {
  readonly run: Run;
  readonly loaded: LoadedSegmentor;
  readonly segmenter: ScanSegmenter;
  dispose(): void;
}

/**
 * The trained models of one organ: they find and segment it. Several runs, as the folds of a
 * cross-validation, do so each by itself, and their probabilities are averaged.
 */
export class OrganPredictor implements OrganSegmenter {
  /** What is found. */
  readonly organ: Organ;
  /** The most that one of the runs allows. */
  readonly pieces: readonly number[] | null;
  readonly #members: readonly RunModels[];

  private constructor(members: readonly RunModels[]) {
    this.#members = members;
    this.organ = members[0].run.record.organ;
    this.pieces = mostPieces(members.map(({ loaded }) => loaded.pieces));
  }

  /**
   * Loads the models of runs; those of the same organ become one predictor. Where several have the
   * same detector of all labels, it is loaded once and looks at each scan once.
   *
   * @returns in the order in which the runs name the organs first
   * @throws {UserError} when the phases that the mode needs have not finished
   */
  static async loadAll(
    runs: readonly Run[],
    { mode, largestComponent }: OrganPredictorOptions,
  ): Promise<OrganPredictor[]> {
    const shared = new Map<string, Detector>();
    const models: RunModels[] = [];
    try {
      for (const run of runs) {
        await refuseWholeAlone(run, mode);
        const { detector, isOwn } = mode === "withCrop"
          ? await findDetector(run, shared)
          : { detector: null, isOwn: false };
        const loaded = await loadSegmentor(run, mode, largestComponent).catch((error) => {
          if (isOwn) detector?.dispose();
          throw error;
        });
        const dispose = () => {
          if (isOwn) detector?.dispose();
          loaded.parameters.dispose();
        };
        models.push({ run, loaded, segmenter: new ScanSegmenter(loaded, detector), dispose });
      }
    } catch (error) {
      for (const one of models) one.dispose();
      throw error;
    }
    return [...Map.groupBy(models, ({ run }) => JSON.stringify(run.record.organ)).values()]
      .map((members) => new OrganPredictor(members));
  }

  /** Frees the models. */
  dispose(): void {
    for (const member of this.#members) member.dispose();
  }

  /** The runs whose models these are. */
  get runs(): readonly Run[] {
    return this.#members.map(({ run }) => run);
  }

  async segment(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
  ): Promise<readonly SegmentedRegion[]> {
    const regions: SegmentedRegion[] = [];
    for (const { segmenter } of this.#members) regions.push(await segmenter.segment(images));
    return regions;
  }

  pasteBlock(regions: readonly SegmentedRegion[], grid: Grid): ScoredBlock {
    const block = pasteMeanBlock(
      this.#members.map(({ segmenter }, i) => segmenter.spread(regions[i], grid)),
    );
    if (this.pieces === null) return block;
    return { ...block, data: largestPiecesOfEach(block, this.pieces) };
  }

  /** What makes a result doubtful, as sentences. */
  warnings(
    regions: readonly SegmentedRegion[],
    volumesMm3: Readonly<Record<string, number>>,
  ): string[] {
    const { name, classes } = this.organ;
    const own = Object.fromEntries(classes.map((one) => [one.name, volumesMm3[one.name]]));
    const usual = widestVolume(this.#members.map(({ loaded }) => loaded.usualMm3));
    const all = regions.flatMap(({ detection }) => predictionWarnings(name, detection, own, usual));
    return [...new Set(all)];
  }

  /** How a result came about, for its report: an entry for each run. */
  describe(regions: readonly SegmentedRegion[], grid: Grid): Record<string, unknown>[] {
    return this.#members.map(({ run, loaded: { phase } }, i) => {
      const { roiUnit, edge, stage, detection } = regions[i];
      const { min, max } = unitToVoxels(roiUnit, grid.shape);
      // The affine speaks of voxels' centres, a box of their outer faces: half a voxel apart.
      const corner = (point: readonly number[]) =>
        applyAffine(grid.affine, [point[0] - 0.5, point[1] - 0.5, point[2] - 0.5]);
      return {
        name: this.organ.name,
        run: run.folder,
        phase,
        roi: {
          unit: roiUnit,
          rasVoxels: { min, max },
          rasCornersMm: { min: corner(min), max: corner(max) },
        },
        viewConfidences: detection && Object.fromEntries(
          Object.entries(detection.views).map(([view, { confidence }]) => [view, confidence]),
        ),
        segmentorEdge: edge,
        firstStage: stage,
      };
    });
  }
}

/** The most pieces of each class that a run keeps; `null` where one keeps all. */
function mostPieces(all: readonly (readonly number[] | null)[]): readonly number[] | null {
  return all.reduce((most, pieces) =>
    most && pieces && most.map((count, i) => Math.max(count, pieces[i]))
  );
}

/** From the smallest to the largest volume that training cases of any run have. */
function widestVolume(all: readonly (UsualVolume | null)[]): UsualVolume | null {
  const known = all.filter((one) => one !== null);
  if (known.length === 0) return null;
  return {
    min: Math.min(...known.map(({ min }) => min)),
    max: Math.max(...known.map(({ max }) => max)),
  };
}

/** A run's detector: its own, or one of the shared, which are known by what their files hold. */
async function findDetector(
  run: Run,
  shared: Map<string, Detector>,
): Promise<{ detector: Detector; isOwn: boolean }> {
  const { config: { detector: config }, usualBoxes } = run.record;
  if (config.targets === "organ" || config.fusion === "views") {
    return { detector: await loadDetector(run), isOwn: true };
  }
  if (!await isPhaseTrained(run, "detector")) throw phaseMissing(run, "detector");
  const hashes = await Promise.all(
    viewNames.map((view) => hashFile(modelFile(run, "detector", view), "sha256")),
  );
  const targets = detectorTargets(run.record);
  const key = JSON.stringify([config, targets.pieces, hashes]);
  const same = shared.get(key);
  if (same !== undefined) {
    return { detector: same.forOrgan(targets.organ, usualBoxes), isOwn: false };
  }
  const detector = await loadDetector(run);
  shared.set(key, detector);
  return { detector, isOwn: true };
}

/** A run of whole volumes alone has another way than the one that is missing. */
async function refuseWholeAlone(run: Run, mode: OrganPredictorOptions["mode"]): Promise<void> {
  const modes = await trainedModes(run);
  if (mode === "withoutCrop" || modes.includes(mode) || !modes.includes("withoutCrop")) return;
  throw new UserError({
    what: `cannot use the run ${run.folder} with crop`,
    rule: "its detector and its segmentor must have been trained",
    seen: "trained on whole volumes only",
    remedy: `Add --without-crop, or train them: deno task train --run ${
      shellWord(run.folder)
    } --resume`,
  });
}

/**
 * What the scans must have been made with, which decides how they are normalised.
 *
 * @throws {UserError} when the runs were trained on several modalities, or differ in theirs
 */
export function onlyModality(runs: readonly Run[]): Modality {
  const modalities = [...new Set(runs.flatMap(({ record }) => record.modalities))];
  if (modalities.length === 1) return modalities[0];
  throw new UserError({
    what: "cannot tell how to normalise the scans",
    rule: "runs that were trained on several modalities need --modality",
    seen: `trained on ${modalities.join(" and ")}`,
    remedy: "Give --modality ct or --modality mr",
  });
}

/**
 * Which volume of files of several the runs were trained on, or which channel where each has a file
 * of its own; `undefined` where there is one.
 *
 * @throws {UserError} when they differ
 */
export function usualChannel(
  runs: readonly Run[],
  key: "imageVolume" | "imageChannel",
): number | undefined {
  const channels = [...new Set(runs.map(({ record }) => record[key]))];
  if (channels.length <= 1) return channels[0];
  throw new UserError({
    what: "cannot tell which channel of the scans is meant",
    rule: "runs that were trained on several channels cannot see the same scans",
    seen: `trained on ${channels.map((channel) => channel ?? "the only one").join(" and ")}`,
    remedy: "Predict with each of them into a folder of its own",
  });
}

/**
 * Refuses runs that cannot segment scans of a modality, or whose masks cannot be one label map. Runs of
 * the very same organ may be among them: their probabilities are averaged.
 *
 * @throws {UserError} when one was trained on scans of another modality, or two are the same, prepare scans differently, or share a name or a label value of organs that differ
 */
export function requireCompatible(runs: readonly Run[], modality: Modality): void {
  for (const { folder, record: { modalities } } of runs) {
    if (modalities.includes(modality)) continue;
    throw new UserError({
      what: `cannot use the run ${folder} on ${modality}`,
      rule: `it must have been trained on ${modality}`,
      seen: modalities.join(" and "),
      remedy: "Leave out --modality, or give a run that was trained on such scans",
    });
  }
  const [first, ...others] = runs;
  for (const [i, run] of others.entries()) {
    const refuse = (other: Run, rule: string, seen: string): never => {
      throw new UserError({
        what: `cannot use the runs ${other.folder} and ${run.folder} together`,
        rule,
        seen,
        remedy: "Predict with each of them into a folder of its own",
      });
    };
    const differences = jsonDifference(first.record.settings, run.record.settings)
      .map(({ key, before, now }) => `${key} ${before} and ${now}`);
    if (differences.length > 0) {
      refuse(first, "they must prepare scans alike", differences.join(", "));
    }
    for (const other of [first, ...others.slice(0, i)]) {
      if (Deno.realPathSync(other.folder) === Deno.realPathSync(run.folder)) {
        refuse(other, "each run counts once", "the same folder twice");
      }
      const { organ } = run.record;
      if (jsonDifference(other.record.organ, organ).length === 0) continue;
      if (other.record.organ.name === organ.name) {
        const valuesOf = (organ: Organ) => organ.classes.flatMap(({ values }) => values).join(", ");
        const seen = `${organ.name} of ${valuesOf(other.record.organ)} and of ${valuesOf(organ)}`;
        refuse(other, "organs of one name must have the same classes", seen);
      }
      for (const { name, values } of organ.classes) {
        const taken = other.record.organ.classes.find((one) =>
          one.name === name || one.values.some((value) => values.includes(value))
        );
        if (taken === undefined) continue;
        const seen = `${taken.name} (${taken.values.join("+")}) and ${name} (${values.join("+")})`;
        refuse(
          other,
          "they must have the same organ, or classes with names and label values of their own",
          seen,
        );
      }
    }
  }
}
