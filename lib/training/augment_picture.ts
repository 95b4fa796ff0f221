import type { AugmentationConfig } from "../config/config.ts";
import type { Random } from "../random.ts";
import { type IndexMap, resampleAffine } from "../volume/affine_resample.ts";
import type { Box2 } from "../volume/box.ts";
import type { ViewAxes } from "../volume/projection.ts";
import { changeIntensity } from "./augment_intensity.ts";
import { silhouetteBoxUnit } from "./silhouette_box.ts";

/** A view of a case, the silhouettes that are to be found in it, and their boxes. */
export interface PictureSample {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** [rows, columns, channels] in C order, in [0, 1]. */
  readonly picture: Float32Array;
  /** [rows, columns, targets] in C order: shares in [0, 1]. */
  readonly silhouettes: Float32Array;
  /** Of each target: (horizontal, vertical) in unit coordinates; `null` where there is nothing. */
  readonly boxesUnit: readonly (Box2 | null)[];
}

/** True when any of what is to be found is in the picture. */
export function hasTarget({ boxesUnit }: PictureSample): boolean {
  return boxesUnit.some((box) => box !== null);
}

type PatientAxis = AugmentationConfig["flipAxes"][number];

/** Edge of a blanked box as a share of the picture's edge. */
const dropoutEdge = 1 / 8;

/**
 * A random variation of a view: flips of the allowed axes, rotation, change of size along both
 * axes, shift, gamma, contrast, brightness, noise, and blanked boxes.
 *
 * Picture and silhouettes are resampled together, bilinearly, once; beyond the border the border's
 * values go on. A flip of the axis that the view looks along reverses the channels, which are slabs
 * along it. The boxes are read off the moved silhouettes, since the box of a rotated organ is not the
 * rotated box. Where the configuration allows no change at all the result is a copy.
 *
 * @param axes of the view that it is
 * @param random equal states give equal results
 */
export function augmentPicture(
  sample: PictureSample,
  axes: ViewAxes,
  config: AugmentationConfig,
  random: Random,
): PictureSample {
  const { rows, columns, channels, boxesUnit: { length: targets } } = sample;
  const flip = randomFlips(axes, config, random.fork("flip"));
  const map = randomMap(sample, flip, config, random.fork("map"));
  const picture = map
    ? resampleAffine(sample.picture, [columns, rows, 1], channels, map)
    : sample.picture.slice();
  const silhouettes = map
    ? resampleAffine(sample.silhouettes, [columns, rows, 1], targets, map)
    : sample.silhouettes.slice();
  if (flip.depth < 0) reverseChannels(picture, channels);
  changeIntensity(picture, config, random.fork("intensity"));
  blankBoxes(picture, sample, config.dropoutBoxes, random.fork("dropout"));
  const boxesUnit = map
    ? sample.boxesUnit.map((_, target) => silhouetteBoxUnit(silhouettes, rows, columns, target))
    : sample.boxesUnit;
  return { ...sample, picture, silhouettes, boxesUnit };
}

const patientAxes: readonly PatientAxis[] = ["x", "y", "z"];

type Flips = Record<keyof ViewAxes, 1 | -1>;

function randomFlips(axes: ViewAxes, { flipAxes }: AugmentationConfig, random: Random): Flips {
  const draw = (axis: 0 | 1 | 2) =>
    flipAxes.includes(patientAxes[axis]) && random.chance(0.5) ? -1 : 1;
  return {
    horizontal: draw(axes.horizontal),
    vertical: draw(axes.vertical),
    depth: draw(axes.depth),
  };
}

function randomMap(
  { rows, columns }: PictureSample,
  flip: Flips,
  { rotationDegrees, scale, shift }: AugmentationConfig,
  random: Random,
): IndexMap | null {
  const smooth = rotationDegrees !== 0 || scale !== 0 || shift !== 0;
  if (!smooth && flip.horizontal > 0 && flip.vertical > 0) return null;
  const angle = random.uniform(-rotationDegrees, rotationDegrees) * Math.PI / 180;
  const byColumn = flip.horizontal / (1 + random.uniform(-scale, scale));
  const byRow = flip.vertical / (1 + random.uniform(-scale, scale));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [a, b, c, d] = [cos * byColumn, -sin * byRow, sin * byColumn, cos * byRow];
  const center = [(columns - 1) / 2, (rows - 1) / 2];
  const shiftColumns = random.uniform(-shift, shift) * columns;
  const shiftRows = random.uniform(-shift, shift) * rows;
  return {
    matrix: [a, b, 0, c, d, 0, 0, 0, 1],
    offset: [
      center[0] + shiftColumns - a * center[0] - b * center[1],
      center[1] + shiftRows - c * center[0] - d * center[1],
      0,
    ],
  };
}

function reverseChannels(picture: Float32Array, channels: number): void {
  for (let i = 0; i < picture.length; i += channels) picture.subarray(i, i + channels).reverse();
}

function blankBoxes(
  picture: Float32Array,
  { rows, columns, channels }: PictureSample,
  count: number,
  random: Random,
): void {
  const width = Math.max(1, Math.round(columns * dropoutEdge));
  const height = Math.max(1, Math.round(rows * dropoutEdge));
  for (let box = 0; box < count; box++) {
    const left = random.integer(columns - width + 1);
    const top = random.integer(rows - height + 1);
    for (let row = top; row < top + height; row++) {
      const start = (row * columns + left) * channels;
      picture.fill(0, start, start + width * channels);
    }
  }
}
