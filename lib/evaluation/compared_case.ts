import type { ManifestEntry } from "../dataset/manifest.ts";
import { type Organ, organValues } from "../dataset/organ.ts";
import { windowHu } from "../volume/intensity.ts";
import { readImage } from "../volume/nifti_read.ts";
import { toRas } from "../volume/orientation.ts";
import { type Mask, maskOfLabels, type Volume } from "../volume/volume.ts";
import { readMaskPair } from "./read_mask_pair.ts";

/** A scan, the truth, and what was found in it, all on the scan's own grid in RAS order. */
export interface ComparedCase {
  readonly id: string;
  /** Intensities in [0, 1]. */
  readonly image: Volume;
  /** All classes of the organ together, as in `prediction`. */
  readonly groundTruth: Mask;
  readonly prediction: Mask;
}

/**
 * Reads a case and a mask that was written for it, such as `evaluateRun` and `Predictor` write.
 *
 * @param maskPath labels of the data set's own values, on the grid of the case's image
 * @throws {UserError} when a file cannot be read, or the mask is not on that grid
 */
export async function readComparedCase(
  entry: ManifestEntry,
  organ: Organ,
  maskPath: string,
): Promise<ComparedCase> {
  const { low, high } = entry.window;
  const { volume } = await readImage(entry.imagePath, { volume: entry.imageVolume });
  const { labels, masks } = await readMaskPair(entry.labelPath, maskPath, "compare");
  const values = organValues(organ);
  const image = toRas(volume).volume;
  return {
    id: entry.id,
    // A scan of one intensity has no window.
    image: low < high ? windowHu(image, low, high) : { ...image, data: image.data.map(() => 0) },
    groundTruth: maskOfLabels(labels, values),
    prediction: maskOfLabels(masks, values),
  };
}
