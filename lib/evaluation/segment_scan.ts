import type { ScanImages } from "../dataset/scan_images.ts";
import type { Detection, Detector } from "../detector/detector.ts";
import { addMargin } from "../detector/fusion.ts";
import { isUsualVolume } from "../detector/usual_volume.ts";
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
  readonly timesMs: Times;
}

/** What a scan costs while it is segmented. */
class Effort {
  readonly watch = new Stopwatch<TimePart>();
  passes = 0;
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
   * Segments a region of a scan. A region that the detector found is segmented up to
   * `segmentor.passes` times, each time around what the pass before found, which may also let a face
   * that cut the organ move outwards. It ends where the region holds still, and a pass that loses
   * the organ does not count. A volume far from those of the training cases says that the detector was
   * misled: all usual places are looked at then, and after them what is around a piece of that result
   * that has a usual volume. The first result of a usual volume counts, without one the very first.
   *
   * @param regionUnit the region; without it the detector's, or the whole volume without a detector
   */
  async segment(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
    regionUnit?: Box3,
  ): Promise<SegmentedRegion> {
    const { segmentor, edge } = this.#loaded;
    const effort = new Effort();
    const { watch } = effort;
    const detector = regionUnit === undefined ? this.#detector : null;
    const detection = detector &&
      await watch.time("detect", () => detector.detect(images.cubeImage));
    const described = (pass: Pass) => ({
      ...pass,
      detection,
      edge,
      stage: segmentor.stageOf(edge),
      passes: effort.passes,
      timesMs: watch.timesMs(),
    });
    if (detector === null || detection === null) {
      return described(await this.#pass(images, regionUnit ?? wholeUnit, null, effort));
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
    const { segmentor, edge, usualMm3 } = this.#loaded;
    if (segmentor.outputs > 1 || usualMm3 === null) return null;
    const { logits, roiUnit } = everywhere;
    const piece = await watch.time(
      "crop",
      () => usualPieceBox(logits, edge, roiUnit, scanMm3(images.scanImage), usualMm3),
    );
    if (piece === null) return null;
    const there = await passesAround(piece);
    return await isUsual(there) ? there : null;
  }

  /** Up to so many passes as configured, from a region on. */
  async #passes(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
    { config: margin }: Detector,
    { roiUnit, tightUnit }: Pick<Detection, "roiUnit" | "tightUnit">,
    effort: Effort,
  ): Promise<Pass> {
    const { watch } = effort;
    const { edge, pieces, config } = this.#loaded;
    let last = await this.#pass(images, roiUnit, tightUnit, effort);
    for (let number = 2; number <= config.passes; number++) {
      const classes = await watch.time("crop", () => classesOfLogits(last.logits, edge));
      const tightUnit = await watch.time(
        "crop",
        () => resultBoxUnit(classes, edge, last.roiUnit, pieces),
      );
      if (tightUnit === null) break;
      const roiUnit = addMargin(tightUnit, images.cubeImage.shape, margin);
      if (boxIou3(roiUnit, last.roiUnit) > holdsStill) break;
      const next = await this.#pass(images, roiUnit, tightUnit, effort);
      const nextVolume = await watch.time(
        "crop",
        () => foundVolume(classesOfLogits(next.logits, edge), roiUnit),
      );
      if (nextVolume < keptShare * foundVolume(classes, last.roiUnit)) break;
      last = next;
    }
    return last;
  }

  /** Whether training cases have about such a volume; true where nothing is known of theirs. */
  #isUsual({ logits, roiUnit }: Pass, scan: Volume): boolean {
    const { edge, pieces, usualMm3 } = this.#loaded;
    if (usualMm3 === null) return true;
    const shape: Triple = [edge, edge, edge];
    const classes = classesOfLogits(logits, edge);
    const kept = pieces === null ? classes : largestPiecesOfEach({ shape, data: classes }, pieces);
    return isUsualVolume(foundVolume(kept, roiUnit) * scanMm3(scan), usualMm3);
  }

  async #pass(
    { scanImage, cubeImage }: Pick<ScanImages, "scanImage" | "cubeImage">,
    roiUnit: Box3,
    tightUnit: Box3 | null,
    effort: Effort,
  ): Promise<Pass> {
    const { watch } = effort;
    effort.passes++;
    const { segmentor, config, edge } = this.#loaded;
    const image = config.source === "scan" ? scanImage : cubeImage;
    const cube = await watch.time("crop", () => sampleRoi(image, roiUnit, edge, config));
    const logits = await watch.time("segment", () => segmentRoi(segmentor, cube, edge));
    return { roiUnit, tightUnit, logits };
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

/** A region whose IoU with the one before is greater has not moved. */
const holdsStill = 0.95;
/** A pass that finds less than this of what the one before found has lost the organ. */
const keptShare = 0.5;

type Pass = Pick<SegmentedRegion, "roiUnit" | "tightUnit" | "logits">;

function scanMm3(scan: Volume): number {
  return voxelMm3(scan) * voxelCount(scan.shape);
}

/** The share of the whole volume that is not background. */
function foundVolume(classes: Uint16Array, roiUnit: Box3): number {
  const [x, y, z] = boxEdges(roiUnit);
  let cells = 0;
  for (let i = 0; i < classes.length; i++) cells += classes[i] > 0 ? 1 : 0;
  return cells / classes.length * x * y * z;
}
