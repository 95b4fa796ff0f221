import type { Box2 } from "../volume/box.ts";

/** A pixel belongs to the organ from this share on. */
const level = 0.5;

/**
 * The smallest box around the pixels of a silhouette that reach one half, in unit coordinates;
 * `null` when there is none.
 *
 * The walls lie where the profile (the largest value of each column, or row) crosses one half
 * between two pixel centres, so that a silhouette that was moved by a part of a pixel has a box that
 * was moved by as much. For a silhouette of zeros and ones that is the exact box of its pixels.
 *
 * @param silhouettes [rows, columns, count] in C order, in [0, 1]
 * @param index of the silhouette, when there are several
 */
export function silhouetteBoxUnit(
  silhouettes: Float32Array,
  rows: number,
  columns: number,
  index = 0,
): Box2 | null {
  const count = silhouettes.length / (rows * columns);
  const byColumn = new Float32Array(columns);
  const byRow = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = silhouettes[(row * columns + column) * count + index];
      if (value > byColumn[column]) byColumn[column] = value;
      if (value > byRow[row]) byRow[row] = value;
    }
  }
  const [horizontal, vertical] = [walls(byColumn), walls(byRow)];
  if (!horizontal || !vertical) return null;
  return { min: [horizontal[0], vertical[0]], max: [horizontal[1], vertical[1]] };
}

function walls(profile: Float32Array): [number, number] | null {
  const first = profile.findIndex((value) => value >= level);
  if (first < 0) return null;
  const last = profile.findLastIndex((value) => value >= level);
  const low = first + 0.5 - distanceToLevel(profile[first], profile[first - 1]);
  const high = last + 0.5 + distanceToLevel(profile[last], profile[last + 1]);
  return [low / profile.length, high / profile.length];
}

/** In pixels, from a centre inside to the wall before the next centre outside. */
function distanceToLevel(inside: number, outside: number | undefined): number {
  if (outside === undefined) return 0.5;
  return (inside - level) / (inside - outside);
}
