import type { Random } from "../random.ts";
import type { LabelVolume, Volume } from "../volume/volume.ts";

/**
 * A factor for the intensity of an organ. Most scans differ little and a few very much (a liver full
 * of iron is black): the logarithm is `largest` times the cube of a uniform number in -1 .. 1.
 */
export function organFactor(largest: number, random: Random): number {
  return Math.exp(largest * random.uniform(-1, 1) ** 3);
}

/**
 * The image with the intensity of each label changed by a factor of its own: iron, fat and contrast
 * agents change an organ against its neighbours. Cut off at 1.
 *
 * @param image values in [0, 1], on the grid of the labels
 * @param largest largest absolute logarithm of a factor; 0 gives the image as it is
 */
export function changeLabels(
  image: Volume,
  labels: LabelVolume,
  largest: number,
  random: Random,
): Volume {
  if (largest === 0) return image;
  const factors = new Float32Array(65536).fill(NaN);
  factors[0] = 1;
  const data = new Float32Array(image.data.length);
  for (let i = 0; i < data.length; i++) {
    const label = labels.data[i];
    if (Number.isNaN(factors[label])) {
      factors[label] = organFactor(largest, random.fork(label));
    }
    data[i] = Math.min(1, image.data[i] * factors[label]);
  }
  return { ...image, data };
}
