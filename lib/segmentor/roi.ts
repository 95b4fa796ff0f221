import type { SegmentorConfig } from "../config/config.ts";
import { type Box3, unitToVoxels } from "../volume/box.ts";
import { deinterleave, interleave } from "../volume/channels.ts";
import { placeBlock, type ScoredBlock } from "../volume/label_block.ts";
import { sampleBox, sampleLabelsNearest, sampleLabelsSoft, spreadBox } from "../volume/resample.ts";
import {
  type Grid,
  type LabelVolume,
  maskOfLabels,
  type Triple,
  type Volume,
} from "../volume/volume.ts";

/** What this file needs of the segmentor's configuration. */
export type RoiConfig = Pick<SegmentorConfig, "kernel" | "labels" | "paste">;

/**
 * The region `boxUnit` of an image as the cube that enters the segmentor: `edge^3` values, a C-order
 * `[z, y, x]`. Each axis of the region is stretched to the cube by itself (paper, section 4.1).
 *
 * @throws RangeError when the box is empty or not finite
 */
export function sampleRoi(
  image: Volume,
  boxUnit: Box3,
  edge: number,
  config: Pick<RoiConfig, "kernel">,
): Float32Array {
  return sampleBox(image, unitToVoxels(boxUnit, image.shape), cube(edge), config.kernel).data;
}

/**
 * The training target on the cube of {@linkcode sampleRoi}: a C-order `[z, y, x, channel]`.
 *
 * One class gives one channel, its share in [0, 1]; K > 1 classes give K + 1 channels that add up to
 * 1, channel 0 the background. With `labels: "nearest"` the shares are 0 and 1.
 *
 * @param classes the label values of each class
 * @throws RangeError when the box is empty or not finite
 */
export function sampleRoiLabels(
  labels: LabelVolume,
  classes: readonly (readonly number[])[],
  boxUnit: Box3,
  edge: number,
  config: Pick<RoiConfig, "kernel" | "labels">,
): Float32Array {
  const boxVoxels = unitToVoxels(boxUnit, labels.shape);
  const shares = config.labels === "soft"
    ? classes.map((values) =>
      sampleLabelsSoft(labels, values, boxVoxels, cube(edge), config.kernel)
    )
    : nearestShares(sampleLabelsNearest(labels, boxVoxels, cube(edge)), classes);
  return shares.length === 1 ? shares[0] : interleave([backgroundShare(shares), ...shares]);
}

/**
 * The segmentor's logits, a C-order `[z, y, x, channel]` on the cube of `boxUnit`, as class numbers
 * on the grid of the image: 0 outside the box and for background, 1 to K for the classes.
 *
 * `paste: "logits"` interpolates the logits trilinearly at the grid's voxels and decides there: a
 * positive logit (one channel) or the largest one (several; the first at a tie). `"nearest"` decides
 * on the cube and copies the nearest cell's decision.
 *
 * @throws RangeError when the box is empty or not finite, or the logits do not fill the cube
 */
export function pasteRoi(
  logits: Float32Array,
  edge: number,
  boxUnit: Box3,
  target: Grid,
  config: Pick<RoiConfig, "paste">,
): LabelVolume {
  return placeBlock(decideBlock(spreadRoi(logits, edge, boxUnit, target, config)));
}

/** The logits of a region on the part of a grid that it covers, x fastest. */
export interface SpreadLogits {
  /** The whole grid. */
  readonly grid: Grid;
  /** The grid's voxel that is the block's first. */
  readonly origin: Triple;
  /** Voxels of the block. */
  readonly shape: Triple;
  /** One for each channel. */
  readonly planes: readonly Float32Array[];
}

/** The logits themselves where {@linkcode pasteRoi} decides: interpolated, or the nearest cell's. */
export function spreadRoi(
  logits: Float32Array,
  edge: number,
  boxUnit: Box3,
  target: Grid,
  config: Pick<RoiConfig, "paste">,
): SpreadLogits {
  const channels = logits.length / edge ** 3;
  if (!Number.isInteger(channels) || channels < 1) {
    throw new RangeError(`${logits.length} logits do not fill a cube of edge ${edge}`);
  }
  const boxVoxels = unitToVoxels(boxUnit, target.shape);
  const planes = deinterleave(logits, channels);
  return config.paste === "logits"
    ? spreadLinear(planes, edge, boxVoxels, target)
    : spreadNearest(planes, edge, boxVoxels, target);
}

/** The decision of {@linkcode pasteRoi} on spread logits, with how sure it is. */
export function decideBlock({ grid, origin, shape, planes }: SpreadLogits): ScoredBlock {
  const data = decide(planes);
  return { grid, origin, shape, data, margins: marginsOf(planes, data) };
}

/** The decision on the cube itself, as {@linkcode pasteRoi} with `paste: "nearest"` takes it. */
export function classesOfLogits(logits: Float32Array, edge: number): Uint16Array {
  return decide(deinterleave(logits, logits.length / edge ** 3));
}

function spreadLinear(
  planes: readonly Float32Array[],
  edge: number,
  boxVoxels: Box3,
  grid: Grid,
): SpreadLogits {
  const blocks = planes.map((plane) => spreadBox(plane, cube(edge), boxVoxels, grid.shape));
  const { origin, shape } = blocks[0];
  return { grid, origin, shape, planes: blocks.map(({ data }) => data) };
}

function spreadNearest(
  planes: readonly Float32Array[],
  edge: number,
  boxVoxels: Box3,
  grid: Grid,
): SpreadLogits {
  const cells = ([0, 1, 2] as const).map((axis) => {
    const [min, max] = [boxVoxels.min[axis], boxVoxels.max[axis]];
    const first = Math.max(0, Math.ceil(min - 0.5));
    const end = Math.min(grid.shape[axis], Math.ceil(max - 0.5));
    const cell = (i: number) => Math.floor((first + i + 0.5 - min) / (max - min) * edge);
    const length = Math.max(0, end - first);
    return { first, cells: Int32Array.from({ length }, (_, i) => Math.min(cell(i), edge - 1)) };
  });
  const [xs, ys, zs] = cells.map((axis) => axis.cells);
  const spread = planes.map((plane) => {
    const values = new Float32Array(xs.length * ys.length * zs.length);
    let to = 0;
    for (const z of zs) {
      for (const y of ys) {
        const row = edge * (y + edge * z);
        for (let i = 0; i < xs.length; i++) values[to++] = plane[row + xs[i]];
      }
    }
    return values;
  });
  return {
    grid,
    origin: [cells[0].first, cells[1].first, cells[2].first],
    shape: [xs.length, ys.length, zs.length],
    planes: spread,
  };
}

/** By how much the logit of each decision is above the background's, which is 0 beside one logit. */
function marginsOf(planes: readonly Float32Array[], classes: Uint16Array): Float32Array {
  const [background] = planes;
  if (planes.length === 1) return background;
  return background.map((logit, i) => planes[classes[i]][i] - logit);
}

/** 1 where the only logit is positive; with several, the number of the largest. */
function decide(planes: readonly Float32Array[]): Uint16Array {
  const classes = new Uint16Array(planes[0].length);
  if (planes.length === 1) {
    for (let i = 0; i < classes.length; i++) classes[i] = planes[0][i] > 0 ? 1 : 0;
    return classes;
  }
  const largest = planes[0].slice();
  for (let channel = 1; channel < planes.length; channel++) {
    const plane = planes[channel];
    for (let i = 0; i < classes.length; i++) {
      if (!(plane[i] > largest[i])) continue; // NaN never wins
      largest[i] = plane[i];
      classes[i] = channel;
    }
  }
  return classes;
}

function nearestShares(
  sampled: LabelVolume,
  classes: readonly (readonly number[])[],
): Float32Array[] {
  return classes.map((values) => new Float32Array(maskOfLabels(sampled, values).data));
}

function backgroundShare(shares: readonly Float32Array[]): Float32Array {
  const background = new Float32Array(shares[0].length).fill(1);
  for (const share of shares) {
    for (let i = 0; i < share.length; i++) background[i] -= share[i];
  }
  // Float32 sums of shares that fill a voxel can exceed 1 by a rounding error.
  for (let i = 0; i < background.length; i++) background[i] = Math.max(0, background[i]);
  return background;
}

function cube(edge: number): Triple {
  return [edge, edge, edge];
}
