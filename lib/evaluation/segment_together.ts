import type { Organ } from "../dataset/organ.ts";
import type { ScanImages } from "../dataset/scan_images.ts";
import { largestPiecesOfEach } from "../volume/components.ts";
import { type LabelBlock, mergeBlocks, type ScoredBlock } from "../volume/label_block.ts";
import type { Grid } from "../volume/volume.ts";
import { toLabelValues } from "./label_values.ts";
import type { SegmentedRegion } from "./segment_scan.ts";

/** One organ of those that are segmented in the same scans, by the networks of one run or several. */
export interface OrganSegmenter {
  readonly organ: Organ;
  /** How many pieces of each class are kept; `null`: all are. */
  readonly pieces: readonly number[] | null;
  /** What each run makes of the scan. */
  segment(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
  ): Promise<readonly SegmentedRegion[]>;
  /** Class numbers on the part of the grid that the regions cover, with how sure they are. */
  pasteBlock(regions: readonly SegmentedRegion[], grid: Grid): ScoredBlock;
}

/**
 * Segments several organs in one scan so that they exclude each other: what leaks into a neighbour
 * meets the neighbour's own network there, and the surer of the two, by its logit, has the voxel. One
 * organ alone is segmented as its own segmenter does it.
 */
export class TogetherSegmenter {
  readonly #organs: readonly OrganSegmenter[];

  /** @param organs at least one; their classes have label values of their own */
  constructor(organs: readonly OrganSegmenter[]) {
    this.#organs = organs;
  }

  /** Each organ's regions, one of each of its runs, in the order of the organs. */
  async segment(
    images: Pick<ScanImages, "scanImage" | "cubeImage">,
  ): Promise<readonly (readonly SegmentedRegion[])[]> {
    const regions = [];
    for (const organ of this.#organs) regions.push(await organ.segment(images));
    return regions;
  }

  /**
   * The labels, with the data set's values, on the grid of the scan, or on another of the same extent.
   *
   * @returns `contested`: voxels that more than one organ's network took for its own
   */
  paste(
    regions: readonly (readonly SegmentedRegion[])[],
    grid: Grid,
  ): { readonly block: LabelBlock; readonly contested: number } {
    const [first, ...others] = this.#organs.map((one, i) =>
      toLabelValues(one.pasteBlock(regions[i], grid), one.organ)
    );
    const { block, contested } = mergeBlocks([first, ...others]);
    if (contested === 0) return { block, contested };
    return { block: { ...block, data: this.#keepPieces(block) }, contested };
  }

  /** What was cut in two loses its smaller part, as far as the organ has fewer pieces. */
  #keepPieces(block: LabelBlock): Uint16Array {
    const most: number[] = [];
    const unlimited = new Set<number>();
    for (const { organ, pieces } of this.#organs) {
      organ.classes.forEach(({ values: [value] }, i) => {
        if (pieces === null) unlimited.add(value);
        else most[value - 1] = pieces[i];
      });
    }
    const data = largestPiecesOfEach(block, Array.from(most, (count) => count ?? 0));
    if (unlimited.size === 0) return data;
    return data.map((label, i) => unlimited.has(block.data[i]) ? block.data[i] : label);
  }
}
