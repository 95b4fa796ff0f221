import { basename, join } from "node:path";
import type { Modality } from "../dataset/dataset.ts";
import { readScanImages, type ScanImages } from "../dataset/scan_images.ts";
import { exists, writeAtomic } from "../files.ts";
import { overlayPng } from "../figures/overlay.ts";
import type { Run } from "../training/run_folder.ts";
import { loadDetector } from "../training/trained_detector.ts";
import { UserError } from "../errors.ts";
import { applyAffine } from "../volume/affine.ts";
import { unitToVoxels } from "../volume/box.ts";
import { type LabelBlock, placeMask, resizeBlock } from "../volume/label_block.ts";
import { setFinder } from "../volume/set_finder.ts";
import { writeLabelBlock } from "../volume/nifti_write.ts";
import { type Grid, spacingMm } from "../volume/volume.ts";
import { toLabelValues } from "./label_values.ts";
import { predictionWarnings } from "./prediction_warnings.ts";
import type { EvaluationMode, TimePart } from "./records.ts";
import { type LoadedSegmentor, loadSegmentor, trainedModes } from "./run_models.ts";
import { ScanSegmenter, type SegmentedRegion } from "./segment_scan.ts";
import { Stopwatch } from "./stopwatch.ts";

/** How files are segmented. */
export interface PredictOptions {
  /** "withCrop" asks the detector, "withoutCrop" takes the whole volume. */
  readonly mode: Exclude<EvaluationMode, "groundTruthRoi">;
  /** What the scans were made with; the training data's unless given. */
  readonly modality?: Modality;
  /** Keep the largest piece of each class only, or as many as it has; as configured unless given. */
  readonly largestComponent?: boolean;
  /** Which volume of a file of several. */
  readonly channel?: number;
}

/** What became of one file. */
export interface PredictedFile {
  readonly input: string;
  readonly maskPath: string;
  readonly volumesMm3: Readonly<Record<string, number>>;
  readonly timesMs: Readonly<Partial<Record<TimePart, number>>>;
  /** What makes the result doubtful, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Segments scans with a trained run: the mask in the input's own grid and header with the data set's
 * label values, and beside it a picture and the region of interest.
 */
export class Predictor {
  readonly #run: Run;
  readonly #loaded: LoadedSegmentor;
  readonly #segmenter: ScanSegmenter;
  readonly #modality: Modality;
  readonly #channel: number | undefined;
  readonly #dispose: () => void;

  private constructor(
    run: Run,
    loaded: LoadedSegmentor,
    segmenter: ScanSegmenter,
    options: { modality: Modality; channel?: number },
    dispose: () => void,
  ) {
    this.#run = run;
    this.#loaded = loaded;
    this.#segmenter = segmenter;
    this.#modality = options.modality;
    this.#channel = options.channel;
    this.#dispose = dispose;
  }

  /**
   * Loads the models of a run.
   *
   * @throws {UserError} when the phases that the mode needs have not finished, or the training data
   *   were of several modalities and none is given
   */
  static async load(run: Run, options: PredictOptions): Promise<Predictor> {
    const modality = options.modality ?? onlyModality(run);
    await requireMode(run, options.mode);
    const detector = options.mode === "withCrop" ? await loadDetector(run) : null;
    const loaded = await loadSegmentor(run, options.mode, options.largestComponent)
      .catch((error) => {
        detector?.dispose();
        throw error;
      });
    const segmenter = new ScanSegmenter(loaded, detector);
    return new Predictor(run, loaded, segmenter, { modality, channel: options.channel }, () => {
      detector?.dispose();
      loaded.parameters.dispose();
    });
  }

  /** Frees the models. */
  dispose(): void {
    this.#dispose();
  }

  /**
   * Segments one file into `folder`: `NAME.nii.gz`, `NAME.png` and `NAME.json`.
   *
   * @throws {UserError} when the file cannot be read, or a result of that name is there already
   */
  async predict(input: string, folder: string): Promise<PredictedFile> {
    const name = resultName(input);
    const [maskPath, picturePath, reportPath] = resultPaths(input, folder);
    for (const path of [maskPath, picturePath, reportPath]) await refuseExisting(path);
    const watch = new Stopwatch<TimePart>();
    const { settings } = this.#run.record;
    const { orientation, header, images, grid } = await watch.time(
      "read",
      () => readScanImages(input, { volume: this.#channel, modality: this.#modality, settings }),
    );
    const region = await this.#segmenter.segment(images);
    const block = await watch.time(
      "paste",
      () => toLabelValues(this.#segmenter.pasteBlock(region, grid), this.#run.record.organ),
    );
    await watch.time("write", async () => {
      const writing = writeLabelBlock(maskPath, block, orientation, { like: header });
      // The picture is drawn while another thread compresses the mask and brings it to the disk.
      await Promise.all([
        writing,
        writeAtomic(picturePath, this.#picture(name, images, block, region)),
      ]);
    });
    const timesMs = { ...watch.timesMs(), ...region.timesMs };
    const volumesMm3 = this.#volumes(block);
    const { name: organ } = this.#run.record.organ;
    const warnings = predictionWarnings(organ, region.detection, volumesMm3);
    const report = { ...this.#report(input, region, grid, volumesMm3, timesMs), warnings };
    await writeAtomic(reportPath, JSON.stringify(report, null, 2) + "\n");
    return { input, maskPath, volumesMm3, timesMs, warnings };
  }

  #picture(
    name: string,
    { scanImage }: ScanImages,
    block: LabelBlock,
    { roiUnit }: SegmentedRegion,
  ): Uint8Array {
    return overlayPng({
      image: scanImage,
      prediction: placeMask(resizeBlock(block, scanImage)),
      roiUnit,
      title: name.toUpperCase(),
    });
  }

  #volumes({ grid, data }: LabelBlock): Record<string, number> {
    const [x, y, z] = spacingMm(grid);
    const counts = new Float64Array(65536);
    const nextSet = setFinder(data);
    for (let i = nextSet(0); i < data.length; i = nextSet(i)) {
      for (; i < data.length && data[i] !== 0; i++) counts[data[i]]++;
    }
    return Object.fromEntries(this.#run.record.organ.classes.map(({ name, values }) => {
      return [name, counts[values[0]] * x * y * z];
    }));
  }

  #report(
    input: string,
    { roiUnit, edge, stage, detection }: SegmentedRegion,
    grid: Grid,
    volumesMm3: Readonly<Record<string, number>>,
    timesMs: Readonly<Partial<Record<TimePart, number>>>,
  ): Record<string, unknown> {
    const { min, max } = unitToVoxels(roiUnit, grid.shape);
    // The affine speaks of voxels' centres, a box of their outer faces: half a voxel apart.
    const corner = (point: readonly number[]) =>
      applyAffine(grid.affine, [point[0] - 0.5, point[1] - 0.5, point[2] - 0.5]);
    return {
      input,
      run: this.#run.folder,
      phase: this.#loaded.phase,
      modality: this.#modality,
      labelValues: Object.fromEntries(
        this.#run.record.organ.classes.map(({ name, values }) => [name, values[0]]),
      ),
      volumesMm3,
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
      timesMs,
    };
  }
}

function resultName(input: string): string {
  return basename(input).replace(/\.(nii|nii\.gz|hdr|img)$/i, "");
}

/** Mask, picture and report of a scan. */
function resultPaths(input: string, folder: string): readonly [string, string, string] {
  const path = join(folder, resultName(input));
  return [`${path}.nii.gz`, `${path}.png`, `${path}.json`];
}

/** True when a folder has all results of a scan. */
export async function hasResults(input: string, folder: string): Promise<boolean> {
  for (const path of resultPaths(input, folder)) if (!await exists(path)) return false;
  return true;
}

/**
 * The NIfTI files that an input names: itself, or those of a folder, sorted.
 *
 * @throws {UserError} when there is none, or two would give results of the same name
 */
export async function listInputs(input: string): Promise<string[]> {
  const missing = (seen: string) =>
    new UserError({
      what: `cannot predict ${input}`,
      rule: "the input must be a NIfTI file, or a folder that holds some",
      seen,
      remedy: "Give a .nii, .nii.gz or .hdr file, or their folder",
    });
  if (!await exists(input)) throw missing("missing");
  if (!(await Deno.stat(input)).isDirectory) return [input];
  const names = [];
  for await (const entry of Deno.readDir(input)) {
    if (
      !entry.isDirectory && !entry.name.startsWith(".") && /\.(nii|nii\.gz|hdr)$/i.test(entry.name)
    ) {
      names.push(join(input, entry.name));
    }
  }
  if (names.length === 0) throw missing("a folder without any");
  names.sort();
  refuseTwins(names, input);
  return names;
}

function refuseTwins(inputs: readonly string[], folder: string): void {
  for (const [name, [first, second]] of Map.groupBy(inputs, resultName)) {
    if (second === undefined) continue;
    throw new UserError({
      what: `cannot predict ${folder}`,
      rule: "its files must differ in more than their ending, for their results are named alike",
      seen: `not so for ${name}: ${first} and ${second}`,
      remedy: "Rename or move one of them",
    });
  }
}

/** A run of whole volumes alone has another way than the one that is missing. */
async function requireMode(run: Run, mode: PredictOptions["mode"]): Promise<void> {
  const modes = await trainedModes(run);
  if (mode === "withoutCrop" || modes.includes(mode) || !modes.includes("withoutCrop")) return;
  throw new UserError({
    what: `cannot use the run ${run.folder} with crop`,
    rule: "its detector and its segmentor must have been trained",
    seen: "trained on whole volumes only",
    remedy: `Add --without-crop, or train them: deno task train --run ${run.folder} --resume`,
  });
}

function onlyModality({ record: { modalities } }: Run): Modality {
  if (modalities.length === 1) return modalities[0];
  throw new UserError({
    what: "cannot tell how to normalise the scans",
    rule: "a run that was trained on several modalities needs --modality",
    seen: `trained on ${modalities.join(" and ")}`,
    remedy: "Give --modality ct or --modality mr",
  });
}

async function refuseExisting(path: string): Promise<void> {
  if (!await exists(path)) return;
  throw new UserError({
    what: `cannot write ${path}`,
    rule: "a result must not be there already",
    remedy:
      "Name another --output folder, remove the file, or leave out finished scans by --resume",
  });
}
