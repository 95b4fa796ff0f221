import { boundingBoxVoxels, type Box3, unitToVoxels, voxelsToUnit } from "../volume/box.ts";
import { FileLabels } from "../volume/file_labels.ts";
import { type LabelExtent, LabelExtentCounter } from "../volume/labels.ts";
import { readLabelPlanes } from "../volume/nifti_read.ts";
import { type Orientation, orientationOf, rasGrid } from "../volume/orientation.ts";
import { sampleLabelsNearest } from "../volume/resample.ts";
import { removeSpecks } from "../volume/specks.ts";
import {
  type Grid,
  type LabelVolume,
  maskOfLabels,
  type Triple,
  voxelCount,
} from "../volume/volume.ts";
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
 * Reads the labels of a scan plane by plane, so that they are never whole in memory, and brings them
 * by nearest neighbour to the grids of the images that `readScanImages` makes, without their specks.
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
  const cleaned = removeSpecks(scan.labels(), settings.speckShare);
  const { labels: scanLabels, removed: specks, pieces } = cleaned;
  const extents = new Map([...counter.extents()].map(([value, { voxels, boxVoxels }]) => {
    return [value, { voxels, boxVoxels: toRasBox(boxVoxels, orientation) }];
  }));
  for (const value of specks.keys()) extents.set(value, extentOf(value, scanLabels, grid));
  return {
    scanLabels,
    cubeLabels: specks.size === 0 ? cube.labels() : sampleLabelsNearest(
      scanLabels,
      { min: [0, 0, 0], max: scanLabels.shape },
      [settings.cubeEdge, settings.cubeEdge, settings.cubeEdge],
    ),
    extents,
    specks,
    pieces,
    fileGrid: orientation.grid,
    grid,
  };
}

/** What is left of a label, measured on the scan's grid, in the file's voxels. */
function extentOf(value: number, scanLabels: LabelVolume, { shape }: Grid): LabelExtent {
  const mask = maskOfLabels(scanLabels, [value]);
  const boxUnit = voxelsToUnit(boundingBoxVoxels(mask)!, mask.shape);
  const share = voxelCount(shape) / voxelCount(mask.shape);
  let kept = 0;
  for (let i = 0; i < mask.data.length; i++) kept += mask.data[i];
  return { voxels: Math.round(kept * share), boxVoxels: unitToVoxels(boxUnit, shape) };
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
