import {
  type IntensityRule,
  type IntensityWindow,
  normalizeIntensity,
} from "../volume/intensity.ts";
import { resizeVolume } from "../volume/resample.ts";
import type { Triple, Volume } from "../volume/volume.ts";
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

/** Makes what the networks see of a scan in RAS order: in training and in prediction alike. */
export function makeScanImages(
  image: Volume,
  modality: Modality,
  settings: PrepareSettings,
): ScanImages {
  const { volume, window } = normalizeIntensity(image, intensityRule(modality, settings));
  const { cubeEdge } = settings;
  return {
    scanImage: limitEdges(volume, settings.scanMaxEdge),
    cubeImage: resizeVolume(volume, [cubeEdge, cubeEdge, cubeEdge], "area"),
    window,
  };
}

function intensityRule(
  modality: Modality,
  { ctWindow, mrPercentiles }: PrepareSettings,
): IntensityRule {
  return modality === "ct"
    ? { kind: "ct", ...ctWindow }
    : { kind: "mr", lowPercent: mrPercentiles.low, highPercent: mrPercentiles.high };
}

/** The scan with no axis longer than `maxEdge` voxels, as it is where none is. */
function limitEdges(image: Volume, maxEdge: number): Volume {
  const limit = (axis: 0 | 1 | 2) => Math.min(image.shape[axis], maxEdge);
  const shape: Triple = [limit(0), limit(1), limit(2)];
  const fits = shape.every((size, axis) => size === image.shape[axis]);
  return fits ? image : resizeVolume(image, shape, "area");
}
