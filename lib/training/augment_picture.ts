import type { AugmentationConfig } from "../config/config.ts";
import type { Random } from "../random.ts";
import type { Box2 } from "../volume/box.ts";
import { changeIntensity } from "./augment_intensity.ts";
import { silhouetteBoxUnit } from "./silhouette_box.ts";

/** A view of a case, the organ's silhouette in it, and the silhouette's box. */
export interface PictureSample {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** [rows, columns, channels] in C order, in [0, 1]. */
  readonly picture: Float32Array;
  /** [rows, columns] in C order: shares in [0, 1]. */
  readonly silhouette: Float32Array;
  /** (horizontal, vertical) in unit coordinates; `null` without an organ. */
  readonly boxUnit: Box2 | null;
}

type PatientAxis = "x" | "y" | "z";

/** The patient axes of a view: along its columns, along its rows, and the one it looks along. */
export interface ViewAxes {
  readonly horizontal: PatientAxis;
  readonly vertical: PatientAxis;
  readonly depth: PatientAxis;
}

/** Edge of a blanked box as a share of the picture's edge. */
const dropoutEdge = 1 / 8;

/**
 * A random variation of a view: flips of the allowed axes, rotation, change of size along both
 * axes, shift, contrast, brightness, noise, and blanked boxes.
 *
 * Picture and silhouette are resampled together, bilinearly, once; beyond the border the border's
 * values go on. A flip of the axis that the view looks along reverses the channels, which are slabs
 * along it. The box is read off the moved silhouette, since the box of a rotated organ is not the
 * rotated box. Where the configuration allows no change at all the result is a copy.
 *
 * @param random equal states give equal results
 */
export function augmentPicture(
  sample: PictureSample,
  axes: ViewAxes,
  config: AugmentationConfig,
  random: Random,
): PictureSample {
  const { rows, columns, channels } = sample;
  const flip = randomFlips(axes, config, random.fork("flip"));
  const map = randomMap(sample, flip, config, random.fork("map"));
  const picture = map
    ? resample(sample.picture, rows, columns, channels, map)
    : sample.picture.slice();
  const silhouette = map
    ? resample(sample.silhouette, rows, columns, 1, map)
    : sample.silhouette.slice();
  if (flip.depth < 0) reverseChannels(picture, channels);
  changeIntensity(picture, config, random.fork("intensity"));
  blankBoxes(picture, sample, config.dropoutBoxes, random.fork("dropout"));
  const boxUnit = map ? silhouetteBoxUnit(silhouette, rows, columns) : sample.boxUnit;
  return { ...sample, picture, silhouette, boxUnit };
}

type Flips = Record<keyof ViewAxes, 1 | -1>;

function randomFlips(axes: ViewAxes, { flipAxes }: AugmentationConfig, random: Random): Flips {
  const draw = (axis: PatientAxis) => flipAxes.includes(axis) && random.chance(0.5) ? -1 : 1;
  return {
    horizontal: draw(axes.horizontal),
    vertical: draw(axes.vertical),
    depth: draw(axes.depth),
  };
}

/** Source column and row of a result's column and row. */
interface Map2 {
  readonly matrix: readonly [number, number, number, number];
  readonly offset: readonly [number, number];
}

function randomMap(
  { rows, columns }: PictureSample,
  flip: Flips,
  { rotationDegrees, scale, shift }: AugmentationConfig,
  random: Random,
): Map2 | null {
  const smooth = rotationDegrees !== 0 || scale !== 0 || shift !== 0;
  if (!smooth && flip.horizontal > 0 && flip.vertical > 0) return null;
  const angle = random.uniform(-rotationDegrees, rotationDegrees) * Math.PI / 180;
  const byColumn = flip.horizontal / (1 + random.uniform(-scale, scale));
  const byRow = flip.vertical / (1 + random.uniform(-scale, scale));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const matrix = [cos * byColumn, -sin * byRow, sin * byColumn, cos * byRow] as const;
  const center = [(columns - 1) / 2, (rows - 1) / 2];
  const shiftColumns = random.uniform(-shift, shift) * columns;
  const shiftRows = random.uniform(-shift, shift) * rows;
  return {
    matrix,
    offset: [
      center[0] + shiftColumns - matrix[0] * center[0] - matrix[1] * center[1],
      center[1] + shiftRows - matrix[2] * center[0] - matrix[3] * center[1],
    ],
  };
}

function resample(
  source: Float32Array,
  rows: number,
  columns: number,
  channels: number,
  { matrix: m, offset }: Map2,
): Float32Array {
  const result = new Float32Array(source.length);
  const rowStep = columns * channels;
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const sourceColumn = m[0] * column + m[1] * row + offset[0];
      const sourceRow = m[2] * column + m[3] * row + offset[1];
      const x = Math.min(columns - 1, Math.max(0, sourceColumn));
      const y = Math.min(rows - 1, Math.max(0, sourceRow));
      const x0 = x | 0;
      const y0 = y | 0;
      const fx = x - x0;
      const fy = y - y0;
      const from = y0 * rowStep + x0 * channels;
      const right = x0 < columns - 1 ? channels : 0;
      const down = y0 < rows - 1 ? rowStep : 0;
      for (let c = 0; c < channels; c++, to++) {
        const i = from + c;
        const j = i + down;
        const top = source[i] + fx * (source[i + right] - source[i]);
        const bottom = source[j] + fx * (source[j + right] - source[j]);
        result[to] = top + fy * (bottom - top);
      }
    }
  }
  return result;
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
