import { type Box3, unitToVoxels, voxelsToUnit } from "../volume/box.ts";
import { FileLabels } from "../volume/file_labels.ts";
import { type LabelExtent, LabelExtentCounter, labelExtents } from "../volume/labels.ts";
import { readLabelPlanes, readLabels } from "../volume/nifti_read.ts";
import { type Orientation, orientationOf, rasGrid, toRas } from "../volume/orientation.ts";
import { sampleLabelsNearest } from "../volume/resample.ts";
import { removeSpecks } from "../volume/specks.ts";
import { type Grid, type LabelVolume, type Triple, voxelCount } from "../volume/volume.ts";
import type { PrepareSettings } from "./manifest.ts";
import { scanShape } from "./scan_images.ts";

/** The labels of a scan that were read for training, in RAS order. */
export interface ReadScanLabels {
  /** On the grid of `ScanImages.scanImage`. */
  readonly scanLabels: LabelVolume;
  /** On the grid of `ScanImages.cubeImage`. */
  readonly cubeLabels: LabelVolume;
  /** Where each label is in the file's own resolution. */
  readonly extents: ReadonlyMap<number, LabelExtent>;
  /** Voxels of specks that were left out, by label. */
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
 * Specks are looked for on the scan's grid. Where that is coarser than the file's, one may lie between
 * its samples and yet widen its label's box. A label that reaches farther in the file has the file
 * read again, whole; what is a speck there is taken out before anything is sampled.
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
      scan.add(z, plane);
      cube.add(z, plane);
      counter.add(z, plane);
    };
  });
  const { orientation, scan, cube, counter } = takers;
  const grid = rasGrid(orientation);
  const extents = new Map([...counter.extents()].map(([value, { voxels, boxVoxels }]) => {
    return [value, { voxels, boxVoxels: toRasBox(boxVoxels, orientation) }];
  }));
  const sampled = { scanLabels: scan.labels(), cubeLabels: cube.labels(), extents };
  const cleaned = cleanSampled(sampled, grid, settings);
  const suspects = settings.speckShare === 0 ? [] : labelsBeyond(cleaned, grid);
  const again = suspects.length === 0 ? null : await readCleaned(path, suspects, settings);
  return { ...again ?? cleaned, fileGrid: orientation.grid, grid };
}

/** A scan's labels on the grids of its images, and where each is in the file. */
type SampledLabels = Pick<ReadScanLabels, "scanLabels" | "cubeLabels" | "extents">;

type CleanedSamples = Omit<ReadScanLabels, "fileGrid" | "grid">;

/** Takes out the specks that the scan's grid shows. Labels that have none keep their extents. */
function cleanSampled(
  { scanLabels: sampled, cubeLabels, extents }: SampledLabels,
  { shape }: Grid,
  { speckShare, cubeEdge }: PrepareSettings,
): CleanedSamples {
  const { labels: scanLabels, removed: specks, pieces } = removeSpecks(sampled, speckShare);
  if (specks.size === 0) return { scanLabels, cubeLabels, extents, specks, pieces };
  const left = [...extentsOnGrid(scanLabels, shape)].filter(([value]) => specks.has(value));
  return {
    scanLabels,
    cubeLabels: sampleWhole(scanLabels, [cubeEdge, cubeEdge, cubeEdge]),
    extents: new Map([...extents, ...left]),
    specks,
    pieces,
  };
}

/**
 * The labels that reach beyond what the scan's grid shows of them by more than a voxel of that grid.
 * Those that it does not show at all are too small for a comparison.
 */
function labelsBeyond({ scanLabels, extents }: SampledLabels, { shape }: Grid): number[] {
  const step = shape.map((size, axis) => size / scanLabels.shape[axis]);
  if (step.every((size) => size === 1)) return [];
  const shown = extentsOnGrid(scanLabels, shape);
  return [...extents.keys()].filter((value) => {
    const [file, scan] = [extents.get(value)?.boxVoxels, shown.get(value)?.boxVoxels];
    return file !== undefined && scan !== undefined &&
      step.some((size, axis) =>
        scan.min[axis] - file.min[axis] > size || file.max[axis] - scan.max[axis] > size
      );
  });
}

/** Reads the file whole and takes out its specks; `null` when none of the suspects has any. */
async function readCleaned(
  path: string,
  suspects: readonly number[],
  settings: PrepareSettings,
): Promise<CleanedSamples | null> {
  const file = toRas((await readLabels(path)).labels).volume;
  const { labels, removed } = removeSpecks(file, settings.speckShare);
  if (!suspects.some((value) => removed.has(value))) return null;
  const { cubeEdge } = settings;
  const cleaned = cleanSampled(
    {
      scanLabels: sampleWhole(labels, scanShape(labels, settings)),
      cubeLabels: sampleWhole(labels, [cubeEdge, cubeEdge, cubeEdge]),
      extents: labelExtents(labels),
    },
    labels,
    settings,
  );
  return { ...cleaned, specks: new Map([...cleaned.specks, ...removed]) };
}

/** Labels brought to another shape with the same outer faces, by nearest neighbour. */
function sampleWhole(labels: LabelVolume, shape: Triple): LabelVolume {
  return sampleLabelsNearest(labels, { min: [0, 0, 0], max: labels.shape }, shape);
}

/** Extents of labels, in voxels of a grid of another shape with the same outer faces. */
function extentsOnGrid(labels: LabelVolume, shape: Triple): Map<number, LabelExtent> {
  const share = voxelCount(shape) / voxelCount(labels.shape);
  return new Map([...labelExtents(labels)].map(([value, { voxels, boxVoxels }]) => {
    const boxUnit = voxelsToUnit(boxVoxels, labels.shape);
    return [value, {
      voxels: Math.round(voxels * share),
      boxVoxels: unitToVoxels(boxUnit, shape),
    }];
  }));
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
