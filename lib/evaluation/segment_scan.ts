import type { DetectorConfig } from "../config/config.ts";
import type { ScanImages } from "../dataset/scan_images.ts";
import type { Detection, Detector } from "../detector/detector.ts";
import { addMargin } from "../detector/fusion.ts";
import { isUsualVolume } from "../detector/usual_volume.ts";
import { once } from "../once.ts";
import { resultBoxUnit } from "../segmentor/result_box.ts";
import {
  classesOfLogits,
  decideBlock,
  sampleRoi,
  type SpreadLogits,
  spreadRoi,
} from "../segmentor/roi.ts";
import { segmentRoi } from "../segmentor/segment_roi.ts";
import { type Box3, boxEdges, boxIou3, wholeUnit } from "../volume/box.ts";
import { largestPiecesOfEach } from "../volume/components.ts";
import { placeBlock, type ScoredBlock } from "../volume/label_block.ts";
import {
  type Grid,
  type LabelVolume,
  type Triple,
  type Volume,
  voxelCount,
  voxelMm3,
} from "../volume/volume.ts";
import type { TimePart, Times } from "./records.ts";
import type { LoadedSegmentor } from "./run_models.ts";
import { Stopwatch } from "./stopwatch.ts";
import { usualPieceBox } from "./usual_piece.ts";

/** What the segmentor made of a region. */
export interface SegmentedRegion {
  /** The region, in unit coordinates. */
  readonly roiUnit: Box3;
  /** C-order `[z, y, x, channel]` on the region's cube. */
  readonly logits: Float32Array;
  /** What the detector saw; `null` where it was not asked. */
  readonly detection: Detection | null;
  /**
   * The box, without margin, that the region was made of: the detector's, or that of the pass
   * before; `null` where there was no detector.
   */
  readonly tightUnit: Box3 | null;
  readonly edge: number;
  /** The stage that the cube entered at; NaN for a network without stages. */
  readonly stage: number;
  /** How often the segmentor ran until this was the result. */
  readonly passes: number;
  /** How many of the passes were in the smaller cube of a search. */
  readonly searches: number;
  readonly timesMs: Times;
}

/** What a scan costs while it is segmented. */
class Effort {
  readonly watch = new Stopwatch<TimePart>();
  passes = 0;
  searches = 0;
}

/**
 * The paper's chain (Fig. 1a): views, region of interest, segmentor at the stage that the region
 * needs, and the way back into the grid of the scan.
 */
export class ScanSegmenter {
  readonly #loaded: LoadedSegmentor;
  readonly #detector: Detector | null;

  /** @param detector finds the region where {@linkcode segment} is not given one */
  constructor(loaded: LoadedSegmentor, detector: Detector | null) {
    this.#loaded = loaded;
    this.#detector = detector;
  }

  /**
   * Segments a region of a scan. Around a region that the detector found it looks up to
   * `segmentor.passes` times, each time at what is around the result of the pass before, which may also
   * let a face that cut the organ move outwards. The first pass is a search, in a cube that may be
   * smaller (`segmentor.searchSkips`); the others are in the organ's own, until the region holds
   * still. A pass that loses the organ does not count. A volume far from those of the training cases
   * says that the detector was misled: all usual places are looked at then, and after them what is
   * around a piece of that result that has a usual volume. The first result of a usual volume counts,
   * without one the very first.
   *
   * @param regionUnit the region; without it the detector's, or the whole volume without a detector
   */
  async segment(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
    regionUnit?: Box3,
  ): Promise<SegmentedRegion> {
    const { segmentor } = this.#loaded;
    const effort = new Effort();
    const { watch } = effort;
    const detector = regionUnit === undefined ? this.#detector : null;
    const detection = detector &&
      await watch.time("detect", () => detector.detect(images.cubeImage));
    const described = ({ classes: _classes, ...pass }: Pass) => ({
      ...pass,
      detection,
      stage: segmentor.stageOf(pass.edge),
      passes: effort.passes,
      searches: effort.searches,
      timesMs: watch.timesMs(),
    });
    if (detector === null || detection === null) {
      const region = { roiUnit: regionUnit ?? wholeUnit, tightUnit: null };
      return described(await this.#pass(images, region, this.#loaded.edge, effort));
    }
    const found = await this.#passes(images, detector, detection, effort);
    const isUsual = await watch.time("crop", () => this.#isUsual(found, images.scanImage));
    return described(isUsual ? found : await this.#lookAgain(images, detector, effort) ?? found);
  }

  /** A result of a usual volume that the detector did not lead to; `null` where there is none. */
  async #lookAgain(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
    detector: Detector,
    effort: Effort,
  ): Promise<Pass | null> {
    const { watch } = effort;
    const isUsual = (pass: Pass) => watch.time("crop", () => this.#isUsual(pass, images.scanImage));
    const passesAround = (tightUnit: Box3) => {
      const roiUnit = addMargin(tightUnit, images.cubeImage.shape, detector.config);
      return this.#passes(images, detector, { tightUnit, roiUnit }, effort);
    };
    if (detector.usualUnit === null) return null;
    const everywhere = await passesAround(detector.usualUnit);
    if (await isUsual(everywhere)) return everywhere;
    const { segmentor, usualMm3 } = this.#loaded;
    if (segmentor.outputs > 1 || usualMm3 === null) return null;
    const { logits, edge, roiUnit } = everywhere;
    const piece = await watch.time(
      "crop",
      () => usualPieceBox(logits, edge, roiUnit, scanMm3(images.scanImage), usualMm3),
    );
    if (piece === null) return null;
    const there = await passesAround(piece);
    return await isUsual(there) ? there : null;
  }

  /** Up to so many passes as configured, from a region on; the first of several is a search. */
  async #passes(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
    { config: margin }: Detector,
    first: Region,
    effort: Effort,
  ): Promise<Pass> {
    const { watch } = effort;
    const { edge, searchEdge, config: { passes } } = this.#loaded;
    let last = await this.#pass(images, first, passes > 1 ? searchEdge : edge, effort);
    for (let number = 2; number <= passes; number++) {
      const region = await watch.time(
        "crop",
        () => this.#regionAround(last, images.cubeImage.shape, margin),
      );
      const holdsStill = region === null || boxIou3(region.roiUnit, last.roiUnit) > stillIou;
      if (holdsStill && last.edge === edge) break;
      const next = await this.#pass(images, region ?? last, edge, effort);
      const isLost = await watch.time(
        "crop",
        () => foundVolume(next) < keptShare * foundVolume(last),
      );
      if (isLost) break;
      last = next;
    }
    return last;
  }

  /** What is around the result of a pass; `null` where it found nothing. */
  #regionAround(
    { classes, edge, roiUnit }: Pass,
    shape: Triple,
    margin: DetectorConfig,
  ): Region | null {
    const tightUnit = resultBoxUnit(classes(), edge, roiUnit, this.#loaded.pieces);
    return tightUnit && { tightUnit, roiUnit: addMargin(tightUnit, shape, margin) };
  }

  /** Whether training cases have about such a volume; true where nothing is known of theirs. */
  #isUsual(pass: Pass, scan: Volume): boolean {
    const { pieces, usualMm3 } = this.#loaded;
    if (usualMm3 === null) return true;
    return isUsualVolume(foundVolume(pass, pieces) * scanMm3(scan), usualMm3);
  }

  async #pass(
    { scanImage, cubeImage }: Pick<ScanImages, "scanImage" | "cubeImage">,
    { roiUnit, tightUnit }: Region,
    edge: number,
    effort: Effort,
  ): Promise<Pass> {
    const { watch } = effort;
    const { segmentor, config } = this.#loaded;
    effort.passes++;
    if (edge !== this.#loaded.edge) effort.searches++;
    const image = config.source === "scan" ? scanImage : cubeImage;
    const cube = await watch.time("crop", () => sampleRoi(image, roiUnit, edge, config));
    const logits = await watch.time("segment", () => segmentRoi(segmentor, cube, edge));
    const classes = once(() => classesOfLogits(logits, edge));
    return { roiUnit, tightUnit, edge, logits, classes };
  }

  /**
   * Class numbers 1 .. K, in the order of the organ's classes, on a grid that covers the extent of
   * the scan: its own, or the cube's.
   */
  paste(region: SegmentedRegion, target: Grid): LabelVolume {
    return placeBlock(this.pasteBlock(region, target));
  }

  /** {@linkcode paste} on the part of the grid that the region covers. */
  pasteBlock(region: SegmentedRegion, target: Grid): ScoredBlock {
    const { pieces } = this.#loaded;
    const block = decideBlock(this.spread(region, target));
    return pieces === null ? block : { ...block, data: largestPiecesOfEach(block, pieces) };
  }

  /** The logits that {@linkcode pasteBlock} decides by. */
  spread({ logits, edge, roiUnit }: SegmentedRegion, target: Grid): SpreadLogits {
    return spreadRoi(logits, edge, roiUnit, target, this.#loaded.config);
  }
}

/** A region whose IoU with the one before is greater holds still. */
const stillIou = 0.8;
/** A pass that finds less than this of what the one before found has lost the organ. */
const keptShare = 0.5;

type Region = Pick<SegmentedRegion, "roiUnit" | "tightUnit">;
type Pass = Region & Pick<SegmentedRegion, "edge" | "logits"> & {
  /** The decision on the cube, taken when it is first asked for. */
  readonly classes: () => Uint16Array;
};

function scanMm3(scan: Volume): number {
  return voxelMm3(scan) * voxelCount(scan.shape);
}

/**
 * The share of the whole volume that is not background.
 *
 * @param pieces so many of the largest components of each class count; `null`: all do
 */
function foundVolume(
  { classes, edge, roiUnit }: Pass,
  pieces: readonly number[] | null = null,
): number {
  const shape: Triple = [edge, edge, edge];
  const data = classes();
  const counted = pieces === null ? data : largestPiecesOfEach({ shape, data }, pieces);
  const [x, y, z] = boxEdges(roiUnit);
  let cells = 0;
  for (let i = 0; i < counted.length; i++) cells += counted[i] > 0 ? 1 : 0;
  return cells / counted.length * x * y * z;
}
