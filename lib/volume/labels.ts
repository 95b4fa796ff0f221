import type { Box3 } from "./box.ts";
import { rowsSet } from "./rows_set.ts";
import { setFinder } from "./set_finder.ts";
import type { LabelVolume } from "./volume.ts";

/** Where the voxels of one label value are. */
export interface LabelExtent {
  readonly voxels: number;
  /** The smallest box that holds them. */
  readonly boxVoxels: Box3;
}

/** The extent of every label value that occurs, background (0) apart, by ascending value. */
export function labelExtents(labels: LabelVolume): Map<number, LabelExtent> {
  const [width, height, depth] = labels.shape;
  const counter = new LabelExtentCounter(width);
  const size = width * height;
  for (let z = 0; z < depth; z++) counter.add(z, labels.data.subarray(z * size, (z + 1) * size));
  return counter.extents();
}

/** {@linkcode labelExtents} of labels whose planes along z come one after the other. */
export class LabelExtentCounter {
  readonly #width: number;
  readonly #counts = new Float64Array(65536);
  /** Smallest and largest x, y, z of each value. */
  readonly #low = new Int32Array(3 * 65536).fill(2 ** 31 - 1);
  readonly #high = new Int32Array(3 * 65536).fill(-1);

  /** @param width voxels of a plane's row */
  constructor(width: number) {
    this.#width = width;
  }

  /**
   * Takes plane `z`.
   *
   * @param isSet what `rowsSet` says of it
   */
  add(z: number, plane: Uint16Array, isSet: Uint8Array = rowsSet(plane, this.#width)): void {
    const width = this.#width;
    const nextSet = setFinder(plane);
    for (let y = isSet.indexOf(1); y >= 0; y = isSet.indexOf(1, y + 1)) {
      const start = y * width;
      const end = start + width;
      for (let at = nextSet(start, end); at < end; at = nextSet(at, end)) {
        const value = plane[at];
        const first = at++;
        while (at < end && plane[at] === value) at++;
        this.#counts[value] += at - first;
        this.#widen(3 * value, first - start, at - 1 - start);
        this.#widen(3 * value + 1, y, y);
        this.#widen(3 * value + 2, z, z);
      }
    }
  }

  /** The extents so far. */
  extents(): Map<number, LabelExtent> {
    const extents = new Map<number, LabelExtent>();
    const [counts, low, high] = [this.#counts, this.#low, this.#high];
    for (let value = 1; value < 65536; value++) {
      if (counts[value] === 0) continue;
      const at = 3 * value;
      extents.set(value, {
        voxels: counts[value],
        boxVoxels: {
          min: [low[at], low[at + 1], low[at + 2]],
          max: [high[at] + 1, high[at + 1] + 1, high[at + 2] + 1],
        },
      });
    }
    return extents;
  }

  #widen(at: number, from: number, to: number): void {
    if (from < this.#low[at]) this.#low[at] = from;
    if (to > this.#high[at]) this.#high[at] = to;
  }
}
