import type { Triple } from "../volume/volume.ts";

/**
 * Exact Euclidean distances in mm from some voxels to the nearest of others, centre to centre.
 *
 * The distance transform of Felzenszwalb and Huttenlocher (2012, Theory of Computing 8:415) along x
 * and y, for any spacing; along z, where only the queried voxels need a value, the nearest slices
 * are searched outwards until none can be nearer.
 *
 * @param isTarget not 0 at the voxels to be reached, in x-fastest order over `shape`
 * @param queries indices of the voxels that ask
 * @returns one distance for each query, in their order; Infinity when there is no target
 */
export function nearestDistances(
  isTarget: Uint8Array,
  shape: Triple,
  spacingMm: Triple,
  queries: Int32Array,
): Float64Array {
  const inPlane = squaredDistancesInPlane(isTarget, shape, spacingMm);
  const plane = shape[0] * shape[1];
  const distances = new Float64Array(queries.length);
  for (let i = 0; i < queries.length; i++) {
    const at = queries[i];
    const z = Math.floor(at / plane);
    const farthest = Math.max(z, shape[2] - 1 - z);
    let best = inPlane[at];
    for (let step = 1; step <= farthest; step++) {
      const across = (step * spacingMm[2]) ** 2;
      if (across >= best) break;
      if (step <= z) best = Math.min(best, across + inPlane[at - step * plane]);
      if (z + step < shape[2]) best = Math.min(best, across + inPlane[at + step * plane]);
    }
    distances[i] = Math.sqrt(best);
  }
  return distances;
}

/** Squared distance of each voxel to the nearest target in its own slice along z. */
function squaredDistancesInPlane(
  isTarget: Uint8Array,
  shape: Triple,
  spacingMm: Triple,
): Float64Array {
  const [nx, ny, nz] = shape;
  const squared = new Float64Array(isTarget.length).fill(Infinity);
  const squares = Float64Array.from({ length: nx }, (_, steps) => (steps * spacingMm[0]) ** 2);
  const envelope = new LowerEnvelope(ny, spacingMm[1]);
  for (let z = 0; z < nz; z++) {
    for (let row = ny * z; row < ny * (z + 1); row++) {
      sweepRow(isTarget, row * nx, nx, squares, squared);
    }
    for (let x = 0; x < nx; x++) envelope.apply(squared, x + nx * ny * z, nx);
  }
  return squared;
}

/** Fills a row with the squared distances to the nearest target in it; leaves one without as it is. */
function sweepRow(
  isTarget: Uint8Array,
  start: number,
  length: number,
  squares: Float64Array,
  squared: Float64Array,
): void {
  const end = start + length;
  let before = -1;
  for (let at = start; at < end; at++) {
    if (isTarget[at] === 0) continue;
    // Up to the middle between two targets the left one is nearest, then the right one.
    const middle = before < 0 ? start : (before + at + 1) >> 1;
    for (let x = before + 1; before >= 0 && x < middle; x++) squared[x] = squares[x - before];
    for (let x = middle; x <= at; x++) squared[x] = squares[at - x];
    before = at;
  }
  for (let x = before + 1; before >= 0 && x < end; x++) squared[x] = squares[x - before];
}

/** The lower envelope of the parabolas s^2 (p - q)^2 + f(q) of a line of n values f. */
class LowerEnvelope {
  readonly #length: number;
  readonly #scale: number;
  readonly #heights: Float64Array;
  /** 1 / (2 s^2 d) for each distance d of two places. */
  readonly #slopes: Float64Array;
  /** Places q of the parabolas on the envelope, and where each begins to be the lowest. */
  readonly #places: Int32Array;
  readonly #begins: Float64Array;

  constructor(length: number, spacingMm: number) {
    this.#length = length;
    this.#scale = spacingMm ** 2;
    this.#heights = new Float64Array(length);
    this.#slopes = Float64Array.from({ length }, (_, apart) => 1 / (2 * this.#scale * apart));
    this.#places = new Int32Array(length);
    this.#begins = new Float64Array(length);
  }

  /** Replaces the values at `start`, `start + step`, ... by the envelope's. */
  apply(values: Float64Array, start: number, step: number): void {
    const [heights, slopes, places, begins, scale, length] = [
      this.#heights,
      this.#slopes,
      this.#places,
      this.#begins,
      this.#scale,
      this.#length,
    ];
    let last = -1;
    for (let q = 0; q < length; q++) {
      const height = values[start + q * step];
      if (height === Infinity) continue;
      let begin = -Infinity;
      while (last >= 0) {
        const v = places[last];
        begin = (q + v) / 2 + (height - heights[v]) * slopes[q - v];
        if (begin > begins[last]) break;
        last--;
        begin = -Infinity;
      }
      last++;
      heights[q] = height;
      places[last] = q;
      begins[last] = begin;
    }
    if (last < 0) return;
    let p = 0;
    let at = start;
    for (let k = 0; k <= last; k++) {
      const end = k < last ? Math.min(length, Math.floor(begins[k + 1]) + 1) : length;
      const place = places[k];
      const height = heights[place];
      for (; p < end; p++, at += step) values[at] = scale * (p - place) ** 2 + height;
    }
  }
}
