import { basename, join, resolve } from "node:path";
import type { Modality } from "../dataset/dataset.ts";
import type { OrganClass } from "../dataset/organ.ts";
import { readScanImages, type ScanImages } from "../dataset/scan_images.ts";
import { exists, writeAtomic } from "../files.ts";
import { overlayPng } from "../figures/overlay.ts";
import type { Run } from "../training/run_folder.ts";
import { UserError } from "../errors.ts";
import { type LabelBlock, placeMask, resizeBlock } from "../volume/label_block.ts";
import { setFinder } from "../volume/set_finder.ts";
import { writeLabelBlock } from "../volume/nifti_write.ts";
import { voxelMm3 } from "../volume/volume.ts";
import {
  onlyModality,
  OrganPredictor,
  type OrganPredictorOptions,
  requireCompatible,
} from "./organ_predictor.ts";
import { sumTimes, type TimePart, type Times } from "./records.ts";
import type { SegmentedRegion } from "./segment_scan.ts";
import { TogetherSegmenter } from "./segment_together.ts";
import { Stopwatch } from "./stopwatch.ts";

/** How files are segmented. */
export interface PredictOptions extends OrganPredictorOptions {
  /** What the scans were made with; the training data's unless given. */
  readonly modality?: Modality;
  /** Which volume of a file of several. */
  readonly channel?: number;
}

/** What became of one file. */
export interface PredictedFile {
  readonly input: string;
  readonly maskPath: string;
  readonly volumesMm3: Readonly<Record<string, number>>;
  readonly timesMs: Times;
  /** What makes the result doubtful, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Segments scans with one trained run or with several, of the same organ or of others: the mask in
 * the input's own grid and header with the data set's label values, and beside it a picture and a
 * report.
 */
export class Predictor {
  readonly #organs: readonly OrganPredictor[];
  readonly #together: TogetherSegmenter;
  readonly #modality: Modality;
  readonly #channel: number | undefined;

  private constructor(organs: readonly OrganPredictor[], modality: Modality, channel?: number) {
    this.#organs = organs;
    this.#together = new TogetherSegmenter(organs);
    this.#modality = modality;
    this.#channel = channel;
  }

  /**
   * Loads the models of one run or several.
   *
   * @throws {UserError} when the phases that the mode needs have not finished, the training data
   *   were of several modalities and none is given, or the runs' masks cannot be one label map
   */
  static async load(runs: Run | readonly Run[], options: PredictOptions): Promise<Predictor> {
    const all = "record" in runs ? [runs] : runs;
    const modality = options.modality ?? onlyModality(all);
    requireCompatible(all, modality);
    const organs = await OrganPredictor.loadAll(all, options);
    return new Predictor(organs, modality, options.channel);
  }

  /** Frees the models. */
  dispose(): void {
    for (const organ of this.#organs) organ.dispose();
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
    const { settings } = this.#organs[0].runs[0].record; // the same in all
    const { orientation, header, images, grid } = await watch.time(
      "read",
      () => readScanImages(input, { volume: this.#channel, modality: this.#modality, settings }),
    );
    const regions = await this.#together.segment(images);
    const { block, contested } = await watch.time(
      "paste",
      () => this.#together.paste(regions, grid),
    );
    await watch.time("write", async () => {
      const writing = writeLabelBlock(maskPath, block, orientation, { like: header });
      // The picture is drawn while another thread compresses the mask and brings it to the disk.
      await Promise.all([
        writing,
        writeAtomic(picturePath, pictureOf(name, images, block, regions.flat())),
      ]);
    });
    const timesMs = sumTimes([watch.timesMs(), ...regions.flat().map((region) => region.timesMs)]);
    const volumesMm3 = this.#volumes(block);
    const warnings = this.#organs.flatMap((organ, i) => organ.warnings(regions[i], volumesMm3));
    const report = {
      input,
      modality: this.#modality,
      labelValues: Object.fromEntries(
        this.#classes().map(({ name, values: [value] }) => [name, value]),
      ),
      volumesMm3,
      ...(this.#organs.length > 1 && { contestedMm3: contested * voxelMm3(grid) }),
      organs: this.#organs.flatMap((organ, i) => organ.describe(regions[i], grid)),
      timesMs,
      warnings,
    };
    await writeAtomic(reportPath, JSON.stringify(report, null, 2) + "\n");
    return { input, maskPath, volumesMm3, timesMs, warnings };
  }

  #classes(): OrganClass[] {
    return this.#organs.flatMap(({ organ }) => organ.classes);
  }

  #volumes({ grid, data }: LabelBlock): Record<string, number> {
    const counts = new Float64Array(65536);
    const nextSet = setFinder(data);
    for (let i = nextSet(0); i < data.length; i = nextSet(i)) {
      for (; i < data.length && data[i] !== 0; i++) counts[data[i]]++;
    }
    return Object.fromEntries(
      this.#classes().map(({ name, values: [value] }) => {
        return [name, counts[value] * voxelMm3(grid)];
      }),
    );
  }
}

function pictureOf(
  name: string,
  { scanImage }: ScanImages,
  block: LabelBlock,
  regions: readonly SegmentedRegion[],
): Uint8Array {
  return overlayPng({
    image: scanImage,
    prediction: placeMask(resizeBlock(block, scanImage)),
    roisUnit: regions.map(({ roiUnit }) => roiUnit),
    title: name.toUpperCase(),
  });
}

function resultName(input: string): string {
  return basename(input).replace(/\.(nii|nii\.gz|hdr|img)$/i, "");
}

/** Mask, picture and report of a scan. */
function resultPaths(input: string, folder: string): readonly [string, string, string] {
  const path = join(folder, resultName(input));
  return [`${path}.nii.gz`, `${path}.png`, `${path}.json`];
}

/**
 * True when a folder has all results of a scan.
 *
 * @throws {UserError} when other runs made them
 */
export async function hasResults(
  input: string,
  folder: string,
  runFolders: readonly string[],
): Promise<boolean> {
  const paths = resultPaths(input, folder);
  for (const path of paths) if (!await exists(path)) return false;
  const [, , reportPath] = paths;
  const before = runsOf(await Deno.readTextFile(reportPath));
  const names = (folders: readonly string[]) =>
    folders.map((one) => resolve(one)).sort().join(" and ");
  if (names(before) === names(runFolders)) return true;
  throw new UserError({
    what: `cannot go on in ${folder}`,
    rule: `the results that are there must be of ${names(runFolders)}`,
    seen: before.length === 0
      ? `unknown ones in ${reportPath}`
      : `${names(before)} in ${reportPath}`,
    remedy: "Name another --output folder",
  });
}

/** Folders of the runs that a report names. */
function runsOf(report: string): string[] {
  try {
    const { organs } = JSON.parse(report) as { organs: readonly { readonly run: string }[] };
    return organs.map(({ run }) => run);
  } catch {
    return [];
  }
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

async function refuseExisting(path: string): Promise<void> {
  if (!await exists(path)) return;
  throw new UserError({
    what: `cannot write ${path}`,
    rule: "a result must not be there already",
    remedy:
      "Name another --output folder, remove the file, or leave out finished scans by --resume",
  });
}
