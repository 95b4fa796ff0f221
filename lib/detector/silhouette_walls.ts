import { piecesOf } from "../volume/components.ts";
import type { ViewBox } from "./fusion.ts";

/** A pixel belongs to the organ from this probability on; walls lie where a profile crosses it. */
const threshold = 0.5;
/** Profile values beyond these count as sure when the softness of a wall is measured. */
const sureLow = 0.1;
const sureHigh = 0.9;

/**
 * Reads an organ's four walls from the probability picture of its silhouette.
 *
 * 1. Pixels of at least 0.5 are joined to components (4-neighbourhood); the one with the largest sum
 *    of probability stays, or so many as the organ has pieces, and the pixels of all others are
 *    blanked.
 * 2. The profile of an axis holds, for each of its positions, the mean of the two largest values
 *    across: unlike a maximum it is not moved by one stray pixel, unlike a mean it does not shrink
 *    where the organ is narrow.
 * 3. A wall lies where the profile, linear between pixel centres, crosses 0.5 for the first or the
 *    last time; on the picture's border when the profile is still above 0.5 there. A binary
 *    silhouette gives its box exactly.
 * 4. The confidence of an axis is the mean profile between its walls times
 *    `edge / (edge + softness)`, where softness, the sum of 4 p (1 - p) over the profile's values in
 *    (0.1, 0.9), grows with the length of the ramps at the walls (2/3 of it for linear ones).
 *
 * When no profile reaches 0.5, hence for nothing but single pixels too, the box is the whole
 * picture and both confidences are 0.
 *
 * @param probabilities `[rows, columns]` in [0, 1]; not changed
 * @param pieces how many pieces the organ comes in, at most
 */
export function readWalls(
  probabilities: Float32Array,
  rows: number,
  columns: number,
  pieces = 1,
): ViewBox {
  return boxOfProfiles(readProfiles(probabilities, rows, columns, pieces));
}

/** The profiles of a silhouette, from which its walls are read. */
export interface SilhouetteProfiles {
  /** A value for each column, in [0, 1]. */
  readonly horizontal: Float32Array;
  /** A value for each row, in [0, 1]. */
  readonly vertical: Float32Array;
}

/** Steps 1 and 2 of {@linkcode readWalls}, with the same arguments. */
export function readProfiles(
  probabilities: Float32Array,
  rows: number,
  columns: number,
  pieces = 1,
): SilhouetteProfiles {
  const picture = keepHeaviestPieces(probabilities, rows, columns, pieces);
  return {
    horizontal: profile(picture, columns, 1, rows, columns),
    vertical: profile(picture, rows, columns, columns, 1),
  };
}

/** Steps 3 and 4 of {@linkcode readWalls}. */
export function boxOfProfiles(profiles: SilhouetteProfiles): ViewBox {
  const [horizontal, vertical] = [readProfile(profiles.horizontal), readProfile(profiles.vertical)];
  if (!horizontal || !vertical) {
    return { boxUnit: { min: [0, 0], max: [1, 1] }, confidence: [0, 0] };
  }
  return {
    boxUnit: { min: [horizontal.min, vertical.min], max: [horizontal.max, vertical.max] },
    confidence: [horizontal.confidence, vertical.confidence],
  };
}

function keepHeaviestPieces(
  probabilities: Float32Array,
  rows: number,
  columns: number,
  pieces: number,
): Float32Array {
  const component = new Int32Array(probabilities.length);
  const waiting: number[] = [];
  const weights = [0];
  const visit = (pixel: number): void => {
    if (component[pixel] !== 0 || !(probabilities[pixel] >= threshold)) return;
    component[pixel] = weights.length;
    waiting.push(pixel);
  };
  for (let seed = 0; seed < probabilities.length; seed++) {
    if (component[seed] !== 0 || !(probabilities[seed] >= threshold)) continue;
    let weight = 0;
    visit(seed);
    for (let pixel = waiting.pop(); pixel !== undefined; pixel = waiting.pop()) {
      weight += probabilities[pixel];
      const column = pixel % columns;
      if (column > 0) visit(pixel - 1);
      if (column < columns - 1) visit(pixel + 1);
      if (pixel >= columns) visit(pixel - columns);
      if (pixel < (rows - 1) * columns) visit(pixel + columns);
    }
    weights.push(weight);
  }
  const isKept = new Uint8Array(weights.length);
  for (const number of [0, ...piecesOf(weights, pieces)]) isKept[number] = 1;
  return probabilities.map((p, pixel) => isKept[component[pixel]] === 1 ? p : 0);
}

/** Means of the two largest values across each of `length` positions, `step` apart in the data. */
function profile(
  picture: Float32Array,
  length: number,
  step: number,
  acrossLength: number,
  acrossStep: number,
): Float32Array {
  const values = new Float32Array(length);
  for (let position = 0; position < length; position++) {
    let [largest, second] = [0, 0];
    for (let across = 0; across < acrossLength; across++) {
      const p = picture[position * step + across * acrossStep];
      if (p > largest) [largest, second] = [p, largest];
      else if (p > second) second = p;
    }
    values[position] = (largest + second) / 2;
  }
  return values;
}

/** What a profile says of its axis. */
export interface AxisWalls {
  /** As a share of the profile's length: of n values the first covers [0, 1 / n). */
  readonly min: number;
  readonly max: number;
  readonly confidence: number;
}

/** Steps 3 and 4 of {@linkcode readWalls} for one axis; `null` when its profile does not reach 0.5. */
export function readProfile(profile: Float32Array): AxisWalls | null {
  const first = profile.findIndex((p) => p >= threshold);
  if (first < 0) return null;
  const last = profile.findLastIndex((p) => p >= threshold);
  const min = first === 0 ? 0 : first + 0.5 - stepOutwards(profile[first], profile[first - 1]);
  const max = last === profile.length - 1
    ? profile.length
    : last + 0.5 + stepOutwards(profile[last], profile[last + 1]);
  const inside = profile.subarray(first, last + 1);
  const level = inside.reduce((sum, p) => sum + p, 0) / inside.length;
  const softness = profile.reduce(
    (sum, p) => p > sureLow && p < sureHigh ? sum + 4 * p * (1 - p) : sum,
    0,
  );
  return {
    min: min / profile.length,
    max: max / profile.length,
    confidence: (level * (max - min)) / (max - min + softness),
  };
}

/** Distance from the centre of the pixel above the threshold to the crossing, in (0, 1]. */
function stepOutwards(above: number, below: number): number {
  return (above - threshold) / (above - below);
}
