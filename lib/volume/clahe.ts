import { mirrored, type Picture } from "./picture.ts";

/** How {@linkcode clahe} divides and limits; OpenCV's defaults in Python are 40 and 8. */
export interface ClaheOptions {
  /**
   * Largest count of a grey level, as a multiple of the mean count. It bounds the slope of a tile's
   * curve, and so how much noise is amplified.
   */
  readonly clipLimit: number;
  /** Tiles along each edge. */
  readonly tiles: number;
}

/** Limit and tiles that OpenCV's tutorial uses. */
export const usualClahe: ClaheOptions = { clipLimit: 2, tiles: 8 };

const levels = 256;

/**
 * Contrast limited adaptive histogram equalisation (Zuiderveld 1994, Graphics Gems IV), step by step
 * as OpenCV's `CLAHE` for 8-bit pictures: the same levels for the same picture. Each tile gets the
 * curve that equalises its own histogram, with counts above the limit spread over all levels; a
 * pixel's new level is blended from the curves of the four tiles around it.
 *
 * A picture that the tiles do not divide is mirrored at its right and lower border; as in OpenCV, an
 * edge that they do divide then grows by a pixel for each tile as well.
 *
 * @param picture values in [0, 1], which are rounded to 256 levels; others are cut off
 * @returns `[rows, columns]`, levels / 255; a picture of one value stays one of one value, though
 *   not of the same
 */
export function clahe(picture: Picture, options: ClaheOptions = usualClahe): Float32Array {
  const grid = tileGrid(picture, options.tiles);
  const greys = Uint8Array.from(
    picture.data,
    (value) => Math.round((levels - 1) * Math.min(1, Math.max(0, value))),
  );
  const curves = new Uint8Array(grid.tiles ** 2 * levels);
  for (let tile = 0; tile < grid.tiles ** 2; tile++) {
    const counts = countsOf(greys, picture, grid, tile);
    limitCounts(counts, options.clipLimit, grid);
    writeCurve(counts, grid, curves.subarray(tile * levels, (tile + 1) * levels));
  }
  return blend(greys, picture, grid, curves);
}

interface TileGrid {
  readonly tiles: number;
  /** Pixels of a tile. */
  readonly width: number;
  readonly height: number;
}

function tileGrid({ columns, rows }: Picture, tiles: number): TileGrid {
  if (columns % tiles === 0 && rows % tiles === 0) {
    return { tiles, width: columns / tiles, height: rows / tiles };
  }
  return { tiles, width: Math.floor(columns / tiles) + 1, height: Math.floor(rows / tiles) + 1 };
}

/** How many pixels of a tile have each level. */
function countsOf(
  greys: Uint8Array,
  { columns, rows }: Picture,
  { tiles, width, height }: TileGrid,
  tile: number,
): Int32Array {
  const [left, top] = [(tile % tiles) * width, Math.floor(tile / tiles) * height];
  const counts = new Int32Array(levels);
  for (let y = top; y < top + height; y++) {
    const start = mirrored(y, rows) * columns;
    for (let x = left; x < left + width; x++) counts[greys[start + mirrored(x, columns)]]++;
  }
  return counts;
}

/** Cuts counts at the limit and spreads what was cut evenly; a remainder goes to every n-th level. */
function limitCounts(counts: Int32Array, clipLimit: number, { width, height }: TileGrid): void {
  const limit = Math.max(1, Math.floor((clipLimit * width * height) / levels));
  let cut = 0;
  counts.forEach((count, level) => {
    cut += Math.max(0, count - limit);
    counts[level] = Math.min(count, limit);
  });
  const share = Math.floor(cut / levels);
  for (let level = 0; level < levels; level++) counts[level] += share;
  const rest = cut - share * levels;
  const step = rest === 0 ? levels : Math.max(1, Math.floor(levels / rest));
  for (let i = 0; i < rest && i * step < levels; i++) counts[i * step]++;
}

/** The new level of each level: its share of the pixels that are no brighter. */
function writeCurve(counts: Int32Array, { width, height }: TileGrid, curve: Uint8Array): void {
  const scale = Math.fround((levels - 1) / (width * height));
  let sum = 0;
  counts.forEach((count, level) => {
    sum += count;
    curve[level] = roundToEven(Math.fround(sum * scale));
  });
}

/** A pixel's place between the centres of tiles: both tiles, and the share of the second. */
function between(size: number, tileSize: number, tiles: number) {
  const inverse = Math.fround(1 / tileSize);
  return Array.from({ length: size }, (_, place) => {
    const inTiles = Math.fround(Math.fround(place * inverse) - 0.5);
    const first = Math.floor(inTiles);
    return {
      first: Math.max(0, first),
      second: Math.min(tiles - 1, first + 1),
      share: Math.fround(inTiles - first),
    };
  });
}

function blend(
  greys: Uint8Array,
  { columns, rows }: Picture,
  { tiles, width, height }: TileGrid,
  curves: Uint8Array,
): Float32Array {
  const { fround } = Math; // OpenCV blends in 32 bits: in 64 some levels would round otherwise
  const across = between(columns, width, tiles);
  const down = between(rows, height, tiles);
  return Float32Array.from(greys, (grey, pixel) => {
    const { first: left, second: right, share: x } = across[pixel % columns];
    const { first: upper, second: lower, share: y } = down[Math.floor(pixel / columns)];
    const level = (row: number, column: number) => curves[(row * tiles + column) * levels + grey];
    const inRow = (row: number) =>
      fround(fround(level(row, left) * fround(1 - x)) + fround(level(row, right) * x));
    const value = fround(fround(inRow(upper) * fround(1 - y)) + fround(inRow(lower) * y));
    return roundToEven(value) / (levels - 1);
  });
}

/** To the nearest integer, halves to the even one, as the processor rounds for OpenCV. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const part = value - floor;
  return part === 0.5 ? floor + (floor % 2) : Math.round(value);
}
