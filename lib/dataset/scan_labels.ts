import { type Box3, unitToVoxels, voxelsToUnit } from "../volume/box.ts";
import { FileLabels } from "../volume/file_labels.ts";
import { type LabelExtent, LabelExtentCounter, labelExtents } from "../volume/labels.ts";
import { readLabelPlanes, readLabels } from "../volume/nifti_read.ts";
import { type Orientation, orientationOf, rasGrid, toRas } from "../volume/orientation.ts";
import { sampleLabelsNearest } from "../volume/resample.ts";
import { rowsSet } from "../volume/rows_set.ts";
import { removeSpecks } from "../volume/specks.ts";
import type { Grid, LabelVolume, Triple } from "../volume/volume.ts";
import type { PrepareSettings } from "./manifest.ts";
import { scanShape } from "./scan_images.ts";

/** The labels of a scan that were read for training, in RAS order. */
export interface ReadScanLabels {
  /** On the grid of `ScanImages.scanImage`. */
  readonly scanLabels: LabelVolume;
  /** On the grid of `ScanImages.cubeImage`. */
  readonly cubeLabels: LabelVolume;
  /** Where each label is, in the file's own resolution and without specks. */
  readonly extents: ReadonlyMap<number, LabelExtent>;
  /** The file's voxels of specks that were left out, by label. */
  readonly specks: ReadonlyMap<number, number>;
  /** How many pieces each label comes in. */
  readonly pieces: ReadonlyMap<number, number>;
  /** The file's grid as it is. */
  readonly fileGrid: Grid;
  /** The file's voxels in RAS order. */
  readonly grid: Grid;
}

/**
 * Reads the labels of a scan plane by plane, so that they are not whole in memory, and brings them by
 * nearest neighbour to the grids of the images that `readScanImages` makes, without their specks.
 *
 * Specks are looked for on the scan's grid. Where that is coarser than the file's, it shows a part of
 * them only, and one may lie between its samples and yet widen its label's box. So where it shows one,
 * or a label reaches farther in the file, the file is read again, whole, and what is a speck there is
 * taken out before anything is sampled.
 *
 * @throws UserError when the file cannot be read, or is not one of labels
 */
export async function readScanLabels(
  path: string,
  settings: PrepareSettings,
): Promise<ReadScanLabels> {
  let takers!: ReturnType<typeof takersFor>;
  await readLabelPlanes(path, (geometry) => {
    const { scan, cube, counter } = takers = takersFor(orientationOf(geometry), settings);
    return (plane, z) => {
      const isSet = rowsSet(plane, geometry.shape[0]); // most of the work: once for all three
      for (const taker of [scan, cube, counter]) taker.add(z, plane, isSet);
    };
  });
  const { orientation, scan, cube, counter } = takers;
  const grid = rasGrid(orientation);
  const extents = new Map([...counter.extents()].map(([value, { voxels, boxVoxels }]) => {
    return [value, { voxels, boxVoxels: toRasBox(boxVoxels, orientation) }];
  }));
  const sampled = { scanLabels: scan.labels(), cubeLabels: cube.labels(), extents };
  const cleaned = cleanSampled(sampled, settings);
  const isCoarser = grid.shape.some((size, axis) => size !== sampled.scanLabels.shape[axis]);
  const readsAgain = isCoarser && settings.speckShare > 0 &&
    (cleaned.specks.size > 0 || reachesFarther(cleaned, grid));
  const found = readsAgain ? await readCleaned(path, settings) : cleaned;
  return { ...found, fileGrid: orientation.grid, grid };
}

/** A scan's labels on the grids of its images, and where each is in the file. */
type SampledLabels = Pick<ReadScanLabels, "scanLabels" | "cubeLabels" | "extents">;

type CleanedSamples = Omit<ReadScanLabels, "fileGrid" | "grid">;

/** Takes out the specks of a scan that is in the file's own grid. */
function cleanSampled(
  { scanLabels: sampled, cubeLabels, extents }: SampledLabels,
  { speckShare, cubeEdge }: PrepareSettings,
): CleanedSamples {
  const { labels: scanLabels, removed: specks, pieces } = removeSpecks(sampled, speckShare);
  if (specks.size === 0) return { scanLabels, cubeLabels, extents, specks, pieces };
  return {
    scanLabels,
    cubeLabels: sampleWhole(scanLabels, [cubeEdge, cubeEdge, cubeEdge]),
    extents: labelExtents(scanLabels),
    specks,
    pieces,
  };
}

/**
 * Whether a label reaches beyond what the scan's coarser grid shows of it by more than a voxel of that
 * grid. One that it does not show at all is too small for a comparison.
 */
function reachesFarther({ scanLabels, extents }: SampledLabels, { shape }: Grid): boolean {
  const step = shape.map((size, axis) => size / scanLabels.shape[axis]);
  return [...labelExtents(scanLabels)].some(([value, { boxVoxels }]) => {
    const shown = unitToVoxels(voxelsToUnit(boxVoxels, scanLabels.shape), shape);
    const file = extents.get(value)!.boxVoxels;
    return step.some((size, axis) =>
      shown.min[axis] - file.min[axis] > size || file.max[axis] - shown.max[axis] > size
    );
  });
}

/** Reads the file whole, takes out its specks, and brings the rest to the grids of the images. */
async function readCleaned(path: string, settings: PrepareSettings): Promise<CleanedSamples> {
  const file = toRas((await readLabels(path)).labels).volume;
  const { labels, removed: specks, pieces } = removeSpecks(file, settings.speckShare);
  const { cubeEdge } = settings;
  return {
    scanLabels: sampleWhole(labels, scanShape(labels, settings)),
    cubeLabels: sampleWhole(labels, [cubeEdge, cubeEdge, cubeEdge]),
    extents: labelExtents(labels),
    specks,
    pieces,
  };
}

/** Labels brought to another shape with the same outer faces, by nearest neighbour. */
function sampleWhole(labels: LabelVolume, shape: Triple): LabelVolume {
  return sampleLabelsNearest(labels, { min: [0, 0, 0], max: labels.shape }, shape);
}

function takersFor(orientation: Orientation, settings: PrepareSettings) {
  const { cubeEdge } = settings;
  return {
    orientation,
    scan: new FileLabels(orientation, scanShape(rasGrid(orientation), settings)),
    cube: new FileLabels(orientation, [cubeEdge, cubeEdge, cubeEdge]),
    counter: new LabelExtentCounter(orientation.grid.shape[0]),
  };
}

/** A box in the voxels of a file, in those of its RAS grid. */
function toRasBox({ min, max }: Box3, { axes, flips, grid }: Orientation): Box3 {
  const [low, high]: [number, number, number][] = [[0, 0, 0], [0, 0, 0]];
  axes.forEach((axis, i) => {
    const size = grid.shape[i];
    low[axis] = flips[i] ? size - max[i] : min[i];
    high[axis] = flips[i] ? size - min[i] : max[i];
  });
  return { min: low as Triple, max: high as Triple };
}
