import { basename, join, resolve } from "node:path";
import type { Modality } from "../dataset/dataset.ts";
import type { OrganClass } from "../dataset/organ.ts";
import { anyNiftiEnding, channelEnding, niftiNames } from "../dataset/case_files.ts";
import { readScanImages, type ScanImages } from "../dataset/scan_images.ts";
import { exists, passingName, passingPath, refuseExisting, writeAtomic } from "../files.ts";
import { overlayPng } from "../figures/overlay.ts";
import type { Run } from "../training/run_folder.ts";
import { UserError } from "../errors.ts";
import { type LabelBlock, placeMask, resizeBlock } from "../volume/label_block.ts";
import { setFinder } from "../volume/set_finder.ts";
import { writeLabelBlock } from "../volume/nifti_write.ts";
import { type Grid, voxelMm3 } from "../volume/volume.ts";
import {
  onlyModality,
  OrganPredictor,
  type OrganPredictorOptions,
  requireCompatible,
  usualChannel,
} from "./organ_predictor.ts";
import { modalityWarnings, trainingWarnings } from "./prediction_warnings.ts";
import { sumTimes, type TimePart, type Times } from "./records.ts";
import type { SegmentedRegion } from "./segment_scan.ts";
import { TogetherSegmenter } from "./segment_together.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What to do about a result that is there. */
const removing =
  "Name another --output folder, or remove the file; --resume leaves out finished scans";

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
  readonly #options: PredictOptions;
  readonly #usualVolume: number | undefined;

  private constructor(
    organs: readonly OrganPredictor[],
    modality: Modality,
    options: PredictOptions,
    usual: number | undefined,
  ) {
    this.#organs = organs;
    this.#together = new TogetherSegmenter(organs);
    this.#modality = modality;
    this.#options = options;
    this.#usualVolume = usual;
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
    const usual = usualChannel(all, "imageVolume");
    const organs = await OrganPredictor.loadAll(all, options);
    return new Predictor(organs, modality, options, usual);
  }

  /** Frees the models. */
  dispose(): void {
    for (const organ of this.#organs) organ.dispose();
  }

  /**
   * Segments one file into `folder`: `NAME.nii.gz`, `NAME.png` and `NAME.json`, which appear together
   * when all are complete.
   *
   * @throws {UserError} when the file cannot be read, or a result of that name is there already
   */
  async predict(input: string, folder: string): Promise<PredictedFile> {
    const name = resultName(input);
    const places = resultPaths(name, folder);
    for (const path of places) await refuseExisting(path, removing);
    const watch = new Stopwatch<TimePart>();
    const { settings } = this.#organs[0].runs[0].record; // the same in all
    const { orientation, header, images, grid } = await watch.time(
      "read",
      () =>
        readScanImages(input, {
          volume: this.#options.channel,
          usualVolume: this.#usualVolume,
          modality: this.#modality,
          settings,
        }),
    );
    const regions = await this.#together.segment(images);
    const pasted = await watch.time("paste", () => this.#together.paste(regions, grid));
    const { block } = pasted;
    const passing = passingPath(join(folder, `.${name}`));
    const [mask, picture, json] = resultPaths(name, passing);
    try {
      await watch.time("write", async () => {
        const writing = writeLabelBlock(mask, block, orientation, { like: header });
        // The picture is drawn while another thread compresses the mask and brings it to the disk.
        const drawing = writeAtomic(picture, pictureOf(name, images, block, regions.flat()));
        await Promise.allSettled([writing, drawing]); // both have ended before anything is removed
        await Promise.all([writing, drawing]);
      });
      const report = this.#report({ input, grid, images }, regions, pasted, watch.timesMs());
      await writeAtomic(json, JSON.stringify(report, null, 2) + "\n");
      for (const path of places) await refuseExisting(path, removing); // of another process by now
      for (const [i, path] of [mask, picture, json].entries()) await Deno.rename(path, places[i]);
      const { volumesMm3, timesMs, warnings } = report;
      return { input, maskPath: places[0], volumesMm3, timesMs, warnings };
    } finally {
      await Deno.remove(passing, { recursive: true }).catch(() => {});
    }
  }

  #report(
    { input, grid, images }: { input: string; grid: Grid; images: ScanImages },
    regions: readonly (readonly SegmentedRegion[])[],
    { block, contested }: ReturnType<TogetherSegmenter["paste"]>,
    own: Times,
  ) {
    const volumesMm3 = this.#volumes(block);
    return {
      input,
      modality: this.#modality,
      options: optionsOfReport(this.#options),
      labelValues: Object.fromEntries(
        this.#classes().map(({ name, values: [value] }) => [name, value]),
      ),
      volumesMm3,
      ...(this.#organs.length > 1 && { contestedMm3: contested * voxelMm3(grid) }),
      organs: this.#organs.flatMap((organ, i) => organ.describe(regions[i], grid)),
      timesMs: sumTimes([own, ...regions.flat().map(({ timesMs }) => timesMs)]),
      warnings: [
        ...trainingWarnings(resultName(input), this.#organs.flatMap(({ runs }) => runs)),
        ...modalityWarnings(this.#modality, images),
        ...this.#organs.flatMap((organ, i) => organ.warnings(regions[i], volumesMm3)),
      ],
    };
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
  return basename(input).replace(anyNiftiEnding, "");
}

/** Mask, picture and report of a scan. */
function resultPaths(name: string, folder: string): readonly [string, string, string] {
  const path = join(folder, name);
  return [`${path}.nii.gz`, `${path}.png`, `${path}.json`];
}

/** What of the options decides a result, as its report has it. */
function optionsOfReport({ mode, channel, largestComponent }: PredictOptions) {
  return { mode, channel: channel ?? null, largestComponent: largestComponent ?? null };
}

/** What a report says of how its result came about; of damaged ones, and of earlier versions, less. */
interface Made {
  readonly input?: string;
  readonly modality?: string;
  readonly options?: ReturnType<typeof optionsOfReport>;
  readonly organs?: readonly { readonly run: string }[];
}

/**
 * True when a folder has all results of a scan.
 *
 * @throws {UserError} when they are of another scan, or other runs or options made them
 */
export async function hasResults(
  input: string,
  folder: string,
  runFolders: readonly string[],
  options: PredictOptions,
): Promise<boolean> {
  const paths = resultPaths(resultName(input), folder);
  for (const path of paths) if (!await exists(path)) return false;
  const [, , reportPath] = paths;
  const made = parseMade(await Deno.readTextFile(reportPath));
  const refuse = (rule: string, seen: string): never => {
    throw new UserError({
      what: `cannot go on in ${folder}`,
      rule,
      seen: `${seen} in ${reportPath}`,
      remedy: "Name another --output folder",
    });
  };
  const names = (folders: readonly string[]) =>
    folders.map((one) => resolve(one)).sort().join(" and ");
  const before = (made.organs ?? []).map(({ run }) => run);
  if (names(before) !== names(runFolders)) {
    const seen = before.length === 0 ? "unknown ones" : names(before);
    refuse(`the results that are there must be of ${names(runFolders)}`, seen);
  }
  if (made.input !== undefined && resolve(made.input) !== resolve(input)) {
    refuse(`the results that are there must be of ${input}`, `those of ${made.input}`);
  }
  const now = {
    ...optionsOfReport(options),
    ...(options.modality !== undefined && { modality: options.modality }),
  };
  const then = { ...made.options, modality: made.modality };
  for (const [key, value] of Object.entries(now)) {
    const other = then[key as keyof typeof then];
    if (other === undefined || other === value) continue;
    refuse(`the results that are there must be made with ${key} ${value}`, `${other}`);
  }
  return true;
}

/**
 * Gives the rest of a scan's results their names, where a process was killed while it did so. A report
 * is written last and renamed last: with it in the passing folder, all else is complete.
 */
export async function finishResults(input: string, folder: string): Promise<void> {
  const name = resultName(input);
  const places = resultPaths(name, folder);
  if (!await exists(places[0]) || await exists(places[2])) return;
  for await (const { name: passing } of Deno.readDir(folder)) {
    if (!passing.startsWith(`.${name}.`) || !passingName.test(passing)) continue;
    const own = resultPaths(name, join(folder, passing));
    if (await exists(own[0]) || !await exists(own[2])) continue; // none that lacks its mask alone
    if (await exists(own[1])) await Deno.rename(own[1], places[1]);
    await Deno.rename(own[2], places[2]);
    await Deno.remove(join(folder, passing), { recursive: true });
    return;
  }
}

function parseMade(report: string): Made {
  try {
    const made = JSON.parse(report) as Made | null;
    return made?.organs?.every((organ) => typeof organ.run === "string") ? made : {};
  } catch {
    return {};
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
      remedy:
        "Give a .nii, .nii.gz or .hdr file, or their folder; DICOM has to be converted first, " +
        "by dcm2niix for instance",
    });
  if (!await exists(input)) throw missing("missing");
  if (!(await Deno.stat(input)).isDirectory) return [input];
  const listed = niftiNames(input).catch((error) => {
    throw missing(`a folder that cannot be read (${error.message})`);
  });
  const names = (await listed).map((name) => join(input, name));
  if (names.length === 0) throw missing("a folder without any");
  names.sort();
  refuseTwins(names, input);
  return names;
}

/**
 * Of scans of which each channel has a file of its own (`CASE_0000.nii.gz`, `CASE_0001.nii.gz`), the
 * files of that which the runs were trained on; all where it has no file, or the runs know of none.
 *
 * @throws {UserError} when the runs were trained on different channels
 */
export function ofTrainedChannel(inputs: readonly string[], runs: readonly Run[]): string[] {
  const channel = usualChannel(runs, "imageChannel");
  if (channel === undefined) return [...inputs];
  const own = inputs.filter((input) => resultName(input).endsWith(channelEnding(channel)));
  return own.length > 0 ? own : [...inputs];
}

/**
 * Refuses to write masks among the scans: they would count as scans when it is gone on with.
 *
 * @throws {UserError} when the output is the folder that the input names
 */
export async function refuseInputFolder(input: string, output: string): Promise<void> {
  if (!await exists(output) || await Deno.realPath(output) !== await Deno.realPath(input)) return;
  throw new UserError({
    what: `cannot write masks to ${output}`,
    rule: "they must have a folder without scans, or they would count as scans the next time",
    seen: "the folder of the input",
    remedy: "Name another --output folder",
  });
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
