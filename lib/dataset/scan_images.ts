import { UserError } from "../errors.ts";
import { FileResampler } from "../volume/file_resampler.ts";
import { applyWindow, type IntensityWindow, percentileWindow } from "../volume/intensity.ts";
import type { NiftiHeader } from "../volume/nifti_header.ts";
import {
  type NiftiGeometry,
  readPlanes,
  type TakePlane,
  type VolumeChoice,
} from "../volume/nifti_read.ts";
import { type Orientation, orientationOf, rasGrid } from "../volume/orientation.ts";
import { type Grid, type Triple, type Volume, voxelCount } from "../volume/volume.ts";
import type { Modality } from "./dataset.ts";
import type { PrepareSettings } from "./manifest.ts";

/** The images of a scan that the networks see: RAS order, intensities in [0, 1]. */
export interface ScanImages {
  /** The scan in its own grid, unless that has an axis beyond `settings.scanMaxEdge`. */
  readonly scanImage: Volume;
  /** The whole scan resized to a cube. */
  readonly cubeImage: Volume;
  /** The intensities that became 0 and 1. */
  readonly window: IntensityWindow;
}

/** A scan that was read for the networks. */
export interface ReadScan {
  readonly images: ScanImages;
  readonly header: NiftiHeader;
  readonly orientation: Orientation;
  /** The file's voxels in RAS order. */
  readonly grid: Grid;
}

/** How a scan is read. */
export interface ReadScanOptions extends VolumeChoice {
  readonly modality: Modality;
  readonly settings: PrepareSettings;
}

/**
 * Reads a scan and makes what the networks see of it: in training and in prediction alike.
 *
 * The window of a CT is known beforehand, so that its planes are windowed and resampled while the
 * next are still being inflated, and the scan itself is never whole in memory. The window of an MR
 * depends on all its voxels.
 *
 * @throws UserError when the file cannot be read, its affine is singular, or it holds no picture
 */
export async function readScanImages(path: string, options: ReadScanOptions): Promise<ReadScan> {
  let finish!: () => ScanImages;
  let orientation!: Orientation;
  const content = new ContentCheck();
  const { header } = await readPlanes(path, options, (geometry) => {
    orientation = orientationOf(geometry);
    const take = options.modality === "ct"
      ? takeCt(orientation, options)
      : takeMr(geometry, options);
    finish = take.finish;
    return (plane, z) => {
      content.look(plane);
      take.plane(plane, z);
    };
  });
  content.refuseNone(path);
  return { images: finish(), header, orientation, grid: rasGrid(orientation) };
}

/** Whether there is a picture at all: two different finite values. It seldom looks at a second row. */
class ContentCheck {
  #first: number | undefined;
  #isSound = false;

  look(values: Float32Array): void {
    if (this.#isSound) return;
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      this.#first ??= value;
      if (value === this.#first) continue;
      this.#isSound = true;
      return;
    }
  }

  refuseNone(path: string): void {
    if (this.#isSound) return;
    throw new UserError({
      what: `cannot use the scan ${path}`,
      rule: "its voxels must differ",
      seen: this.#first === undefined ? "without any finite value" : `${this.#first} everywhere`,
      remedy: "Give the image itself, and convert it again where the conversion failed",
    });
  }
}

/** The shape of `scanImage` for a file of a RAS grid. */
export function scanShape({ shape }: Grid, { scanMaxEdge }: PrepareSettings): Triple {
  const [x, y, z] = shape.map((size) => Math.min(size, scanMaxEdge));
  return [x, y, z];
}

interface ScanTaker {
  readonly plane: TakePlane<Float32Array>;
  readonly finish: () => ScanImages;
}

function takeCt(orientation: Orientation, { settings }: ReadScanOptions): ScanTaker {
  const maker = new ScanImageMaker(orientation, settings, settings.ctWindow);
  return { plane: (plane, z) => maker.add(plane, z), finish: () => maker.images() };
}

function takeMr(geometry: NiftiGeometry, { settings }: ReadScanOptions): ScanTaker {
  const [width, height, depth] = geometry.shape;
  const size = width * height;
  const data = new Float32Array(voxelCount(geometry.shape));
  return {
    plane: (plane, z) => data.set(plane, z * size),
    finish: () => {
      const window = mrWindow({ ...geometry, data }, settings);
      const maker = new ScanImageMaker(orientationOf(geometry), settings, window);
      for (let z = 0; z < depth; z++) maker.add(data.subarray(z * size, (z + 1) * size), z);
      return maker.images();
    },
  };
}

/** The window of an MR; where nearly all voxels are equal, so that it would be empty, all of the range. */
function mrWindow(volume: Volume, { mrPercentiles: { low, high } }: PrepareSettings) {
  const window = percentileWindow(volume, low, high);
  return window.low < window.high ? window : percentileWindow(volume, 0, 100);
}

/** Makes the images out of a file's planes. */
class ScanImageMaker {
  readonly #window: IntensityWindow;
  readonly #scan: FileResampler;
  readonly #cube: FileResampler;
  readonly #plane: Float32Array;

  constructor(orientation: Orientation, settings: PrepareSettings, window: IntensityWindow) {
    const { grid } = orientation;
    const { cubeEdge } = settings;
    this.#window = window;
    this.#scan = new FileResampler(orientation, scanShape(rasGrid(orientation), settings), "area");
    this.#cube = new FileResampler(orientation, [cubeEdge, cubeEdge, cubeEdge], "area");
    this.#plane = new Float32Array(grid.shape[0] * grid.shape[1]);
  }

  add(values: Float32Array, z: number): void {
    applyWindow(values, this.#window, this.#plane);
    this.#scan.add(z, this.#plane);
    this.#cube.add(z, this.#plane);
  }

  images(): ScanImages {
    return {
      scanImage: this.#scan.volume(),
      cubeImage: this.#cube.volume(),
      window: this.#window,
    };
  }
}
