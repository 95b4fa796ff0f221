import type { ScanImages } from "../dataset/scan_images.ts";
import type { Detection, Detector } from "../detector/detector.ts";
import { pasteRoiBlock, sampleRoi } from "../segmentor/roi.ts";
import { segmentRoi } from "../segmentor/segment_roi.ts";
import { type Box3, wholeUnit } from "../volume/box.ts";
import { largestComponents } from "../volume/components.ts";
import { type LabelBlock, placeBlock } from "../volume/label_block.ts";
import type { Grid, LabelVolume } from "../volume/volume.ts";
import type { TimePart } from "./records.ts";
import type { LoadedSegmentor } from "./run_models.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What the segmentor made of a region. */
export interface SegmentedRegion {
  /** The region, in unit coordinates. */
  readonly roiUnit: Box3;
  /** C-order `[z, y, x, channel]` on the region's cube. */
  readonly logits: Float32Array;
  /** What the detector saw; `null` where it was not asked. */
  readonly detection: Detection | null;
  readonly edge: number;
  /** The stage that the cube entered at; NaN for a network without stages. */
  readonly stage: number;
  readonly timesMs: Readonly<Partial<Record<TimePart, number>>>;
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
   * Segments a region of a scan.
   *
   * @param regionUnit the region; without it the detector's, or the whole volume without a detector
   */
  async segment(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
    regionUnit?: Box3,
  ): Promise<SegmentedRegion> {
    const { segmentor, config, edge } = this.#loaded;
    const watch = new Stopwatch<TimePart>();
    const detector = regionUnit === undefined ? this.#detector : null;
    const detection = detector &&
      await watch.time("detect", () => detector.detect(images.cubeImage));
    const roiUnit = regionUnit ?? detection?.roiUnit ?? wholeUnit;
    const image = config.source === "scan" ? images.scanImage : images.cubeImage;
    const cube = await watch.time("crop", () => sampleRoi(image, roiUnit, edge, config));
    const logits = await watch.time("segment", () => segmentRoi(segmentor, cube, edge));
    const stage = segmentor.stageOf(edge);
    return { roiUnit, logits, detection, edge, stage, timesMs: watch.timesMs() };
  }

  /**
   * Class numbers 1 .. K, in the order of the organ's classes, on a grid that covers the extent of
   * the scan: its own, or the cube's.
   */
  paste(region: SegmentedRegion, target: Grid): LabelVolume {
    return placeBlock(this.pasteBlock(region, target));
  }

  /** {@linkcode paste} on the part of the grid that the region covers. */
  pasteBlock({ logits, edge, roiUnit }: SegmentedRegion, target: Grid): LabelBlock {
    const { config, segmentor: { outputs } } = this.#loaded;
    const block = pasteRoiBlock(logits, edge, roiUnit, target, config);
    if (!config.largestComponent) return block;
    const values = Array.from({ length: Math.max(1, outputs - 1) }, (_, i) => i + 1);
    return { ...block, data: largestComponents(block, values) };
  }
}
