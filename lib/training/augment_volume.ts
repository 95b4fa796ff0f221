import type { AugmentationConfig } from "../config/config.ts";
import type { Random } from "../random.ts";
import { type IndexMap, resampleAffine } from "../volume/affine_resample.ts";
import { eachAxis } from "../volume/box.ts";
import type { Triple } from "../volume/volume.ts";
import { changeIntensity } from "./augment_intensity.ts";
import { organFactor } from "./organ_contrast.ts";
import { motionMap } from "./motion_map.ts";

/** An image and its labels on one grid. */
export interface VolumeSample {
  /** Voxels along x, y, z. */
  readonly shape: Triple;
  /** [z, y, x] in C order, in [0, 1]. */
  readonly image: Float32Array;
  /** [z, y, x, channels] in C order: shares in [0, 1]. */
  readonly labels: Float32Array;
  readonly channels: number;
}

/** Edge of a blanked box as a share of the volume's edge. */
const dropoutEdge = 1 / 8;

/**
 * A random variation of a sample: flips of the allowed axes, rotation about the three axes, change
 * of size along each, shift, the organ's own intensity, gamma, contrast, brightness, noise, and
 * blanked boxes.
 *
 * Flips, rotation, size and shift are one affine map by which image and labels are resampled
 * together, trilinearly, once; beyond the border the border's values go on. It works in voxels: a
 * region that was stretched to a cube is rotated as a cube. Blanking and intensity change the image
 * only. Where the configuration allows no change at all the result is a copy.
 *
 * @param random equal states give equal results
 */
export function augmentVolume(
  sample: VolumeSample,
  config: AugmentationConfig,
  random: Random,
): VolumeSample {
  const map = randomMap(sample.shape, config, random.fork("map"));
  const image = map ? resampleAffine(sample.image, sample.shape, 1, map) : sample.image.slice();
  const labels = map
    ? resampleAffine(sample.labels, sample.shape, sample.channels, map)
    : sample.labels.slice();
  changeOrgan(image, labels, sample.channels, config.organContrast, random.fork("organ"));
  changeIntensity(image, config, random.fork("intensity"));
  blankBoxes(image, sample.shape, config.dropoutBoxes, random.fork("dropout"));
  return { ...sample, image, labels };
}

function randomMap(shape: Triple, config: AugmentationConfig, random: Random): IndexMap | null {
  const { rotationDegrees, scale, shift, flipAxes } = config;
  const flips = (["x", "y", "z"] as const)
    .map((axis) => flipAxes.includes(axis) && random.chance(0.5) ? -1 : 1);
  const smooth = rotationDegrees !== 0 || scale !== 0 || shift !== 0;
  if (!smooth && flips.every((flip) => flip === 1)) return null;
  const angles = eachAxis(() => random.uniform(-rotationDegrees, rotationDegrees));
  const sizes = eachAxis((axis) => flips[axis] * (1 + random.uniform(-scale, scale)));
  const shifts = eachAxis((axis) => random.uniform(-shift, shift) * shape[axis]);
  return motionMap(shape, { degrees: angles, sizes, shifts });
}

/** Multiplies the intensities inside the organ by one random factor, which its shares let fade out. */
function changeOrgan(
  image: Float32Array,
  labels: Float32Array,
  channels: number,
  organContrast: number,
  random: Random,
): void {
  if (organContrast === 0) return;
  const factor = organFactor(organContrast, random);
  for (let i = 0; i < image.length; i++) {
    const share = channels === 1 ? labels[i] : 1 - labels[i * channels];
    image[i] = Math.min(1, image[i] * (1 + share * (factor - 1)));
  }
}

function blankBoxes(
  image: Float32Array,
  [width, height, depth]: Triple,
  count: number,
  random: Random,
): void {
  const [w, h, d] = [width, height, depth].map((n) => Math.max(1, Math.round(n * dropoutEdge)));
  for (let box = 0; box < count; box++) {
    const [left, top, front] = [
      random.integer(width - w + 1),
      random.integer(height - h + 1),
      random.integer(depth - d + 1),
    ];
    for (let z = front; z < front + d; z++) {
      for (let y = top; y < top + h; y++) {
        const row = (z * height + y) * width;
        image.fill(0, row + left, row + left + w);
      }
    }
  }
}
