import type { RunConfig } from "../config/config.ts";
import type { PreparedCase } from "../dataset/case.ts";
import type { Organ } from "../dataset/organ.ts";
import { addMargin } from "../detector/fusion.ts";
import { pasteRoi, type RoiConfig, sampleRoiLabels } from "../segmentor/roi.ts";
import { organBoxOf } from "../training/organ_box.ts";
import { type Box3, unitToVoxels, wholeUnit } from "../volume/box.ts";
import { sampleLabelsNearest } from "../volume/resample.ts";
import { type LabelVolume, type Mask, maskOfLabels } from "../volume/volume.ts";
import { roiCoverage } from "./detector_iou.ts";
import { overlap } from "./overlap.ts";

/**
 * The Dice scores that a region of interest leaves within reach, whatever network works in it. NaN
 * where the class has no voxel.
 */
export interface RegionCeiling {
  /** Perfect inside the region, nothing outside: `2 c / (1 + c)` for the share c of voxels inside. */
  readonly truncation: number;
  /**
   * A network that answers its training target exactly, brought back to the grid, against the part
   * of the truth that lies inside the region: what the way down to the cube and back costs. NaN
   * also where no voxel lies inside.
   */
  readonly sampling: number;
  /** The same against the whole truth: truncation and sampling together. */
  readonly both: number;
}

/** Where the Dice score of a result went; the three add up to `1 - dice`. */
export interface DiceBudget {
  readonly lostToTruncation: number;
  readonly lostToSampling: number;
  /** Below 0 where a network does better than its training target. */
  readonly lostToNetwork: number;
}

/** A region, and how it is brought to the segmentor's cube and back. */
export interface CeilingOptions {
  readonly roiUnit: Box3;
  /** Edge of the segmentor's cube. */
  readonly edge: number;
  readonly config: RoiConfig;
  /**
   * The labels that the training target is sampled from, on a grid of the same extent: the prepared
   * cube's, for a segmentor with `source: "cube"`. The truth itself unless given.
   */
  readonly source?: LabelVolume;
}

/**
 * What a segmentor would find in a region if it answered its training target exactly: class numbers
 * 0 .. K on the grid of the truth, as `pasteRoi` gives them.
 *
 * The perfect network is taken at its word: its logits are the log-odds of the target's shares
 * (their logarithms where several classes compete), cut off at +-6.9 as a network's would be.
 *
 * @param classes the label values of each class
 * @throws RangeError when the region is empty or not finite
 */
export function perfectResult(
  truth: LabelVolume,
  classes: readonly (readonly number[])[],
  { roiUnit, edge, config, source = truth }: CeilingOptions,
): LabelVolume {
  const target = sampleRoiLabels(source, classes, roiUnit, edge, config);
  return pasteRoi(perfectLogits(target, target.length / edge ** 3), edge, roiUnit, truth, config);
}

/**
 * The ceilings of a region for each class of the truth: those of {@linkcode perfectResult}. A network
 * that learns to draw finer than its cube could pass them.
 *
 * @param truth the labels to compare with, on the grid of the result
 * @param classes the label values of each class
 * @throws RangeError when the region is empty or not finite
 */
export function regionCeilings(
  truth: LabelVolume,
  classes: readonly (readonly number[])[],
  options: CeilingOptions,
): RegionCeiling[] {
  const found = perfectResult(truth, classes, options);
  return classes.map((values, i) => {
    const truthMask = maskOfLabels(truth, values);
    const { groundTruthVoxels, predictionVoxels, sharedVoxels } = overlap(
      truthMask,
      maskOfLabels(found, [i + 1]),
    );
    const insideVoxels = roiCoverage(truthMask, options.roiUnit) * groundTruthVoxels; // NaN without truth
    return {
      truncation: truncationCeiling(truthMask, options.roiUnit),
      sampling: insideVoxels === 0 ? NaN : 2 * sharedVoxels / (insideVoxels + predictionVoxels),
      both: groundTruthVoxels === 0
        ? NaN
        : 2 * sharedVoxels / (groundTruthVoxels + predictionVoxels),
    };
  });
}

/**
 * The ceilings of everything that a configuration does to a region, if the detector found the box:
 * its margin, the grid that it samples from, the way down and back. The result is compared on the grid
 * of the truth.
 *
 * @param truth labels of the whole scan, in its own grid
 * @throws RangeError when the box is empty or not finite
 */
export function configCeilings(
  truth: LabelVolume,
  organ: Organ,
  boxUnit: Box3,
  edge: number,
  { cubeEdge, detector, segmentor }: Pick<RunConfig, "cubeEdge" | "detector" | "segmentor">,
): RegionCeiling[] {
  const cube = [cubeEdge, cubeEdge, cubeEdge] as const;
  const source = segmentor.source === "scan"
    ? truth
    : sampleLabelsNearest(truth, unitToVoxels(wholeUnit, truth.shape), cube);
  const roiUnit = addMargin(boxUnit, cube, detector);
  const classes = organ.classes.map(({ values }) => values);
  return regionCeilings(truth, classes, { roiUnit, edge, config: segmentor, source });
}

/** {@linkcode configCeilings} of a case's own box; none without the organ. */
export function caseCeilings(
  { entry, scanLabels }: Pick<PreparedCase, "entry" | "scanLabels">,
  organ: Organ,
  edge: number,
  config: Pick<RunConfig, "cubeEdge" | "detector" | "segmentor">,
): RegionCeiling[] {
  const boxUnit = organBoxOf(entry, organ);
  return boxUnit === null ? [] : configCeilings(scanLabels, organ, boxUnit, edge, config);
}

/** {@linkcode RegionCeiling.truncation} of a region by itself; NaN for an empty mask. */
export function truncationCeiling(truth: Mask, roiUnit: Box3): number {
  return ceilingOfCoverage(roiCoverage(truth, roiUnit));
}

/** The Dice score of a perfect result of the share of the truth that a region holds. */
export function ceilingOfCoverage(coverage: number): number {
  return 2 * coverage / (1 + coverage);
}

/** Splits what a result lacks to a Dice score of 1 by cause. */
export function diceBudget(
  dice: number,
  { truncation, both }: Pick<RegionCeiling, "truncation" | "both">,
): DiceBudget {
  return {
    lostToTruncation: 1 - truncation,
    lostToSampling: truncation - both,
    lostToNetwork: both - dice,
  };
}

/** Shares nearer to 0 and 1 than this are not told apart. */
const smallestShare = 1e-3;

/**
 * The logits of a network that answers shares exactly: C-order `[z, y, x, channel]` as its targets
 * (see `sampleRoiLabels`).
 */
export function perfectLogits(shares: Float32Array, channels: number): Float32Array {
  return shares.map((share) => {
    const kept = Math.min(Math.max(share, smallestShare), 1 - smallestShare);
    return channels === 1 ? Math.log(kept / (1 - kept)) : Math.log(kept);
  });
}
