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
  const squared = new Float64Array(isTarget.length);
  for (let row = 0; row < ny * nz; row++) sweepRow(isTarget, row * nx, nx, spacingMm[0], squared);
  const envelope = new LowerEnvelope(ny, spacingMm[1]);
  for (let z = 0; z < nz; z++) {
    for (let x = 0; x < nx; x++) envelope.apply(squared, x + nx * ny * z, nx);
  }
  return squared;
}

function sweepRow(
  isTarget: Uint8Array,
  start: number,
  length: number,
  spacingMm: number,
  squared: Float64Array,
): void {
  let steps = Infinity;
  for (let x = start; x < start + length; x++) {
    steps = isTarget[x] !== 0 ? 0 : steps + 1;
    squared[x] = (steps * spacingMm) ** 2;
  }
  steps = Infinity;
  for (let x = start + length - 1; x >= start; x--) {
    steps = isTarget[x] !== 0 ? 0 : steps + 1;
    squared[x] = Math.min(squared[x], (steps * spacingMm) ** 2);
  }
}

/** The lower envelope of the parabolas s^2 (p - q)^2 + f(q) of a line of n values f. */
class LowerEnvelope {
  readonly #length: number;
  readonly #scale: number;
  readonly #heights: Float64Array;
  /** Places q of the parabolas on the envelope, and where each begins to be the lowest. */
  readonly #places: Int32Array;
  readonly #begins: Float64Array;

  constructor(length: number, spacingMm: number) {
    this.#length = length;
    this.#scale = spacingMm ** 2;
    this.#heights = new Float64Array(length);
    this.#places = new Int32Array(length);
    this.#begins = new Float64Array(length);
  }

  /** Replaces the values at `start`, `start + step`, ... by the envelope's. */
  apply(values: Float64Array, start: number, step: number): void {
    const [heights, places, begins, scale] = [
      this.#heights,
      this.#places,
      this.#begins,
      this.#scale,
    ];
    let last = -1;
    for (let q = 0; q < this.#length; q++) {
      const height = values[start + q * step];
      heights[q] = height;
      if (height === Infinity) continue;
      let begin = -Infinity;
      while (last >= 0) {
        const v = places[last];
        begin = (q + v) / 2 + (height - heights[v]) / (2 * scale * (q - v));
        if (begin > begins[last]) break;
        last--;
        begin = -Infinity;
      }
      last++;
      places[last] = q;
      begins[last] = begin;
    }
    if (last < 0) return;
    let k = 0;
    for (let p = 0; p < this.#length; p++) {
      while (k < last && begins[k + 1] < p) k++;
      values[start + p * step] = scale * (p - places[k]) ** 2 + heights[places[k]];
    }
  }
}
