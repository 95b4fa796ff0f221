import { UserError } from "../errors.ts";
import { volumeKernels } from "./kernels.ts";
import type { Volume } from "./volume.ts";

/** The intensities that become 0 and 1. */
export interface IntensityWindow {
  readonly low: number;
  readonly high: number;
}

/** CT has air, outside the patient at the least, below this; MR has nothing there. In HU. */
export const airHu = -200;

/** The usual abdominal soft-tissue window: level 40 HU, width 400 HU. */
export const softTissueWindow: IntensityWindow = { low: -160, high: 240 };

/**
 * Intensities from `low` .. `high` to [0, 1], linearly, with those outside cut off. NaN becomes 0,
 * -Infinity 0 and +Infinity 1.
 *
 * @throws UserError unless low < high, both finite
 */
export function windowHu(volume: Volume, low: number, high: number): Volume {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new UserError({
      what: "cannot window intensities",
      rule: "a window must run from a lower to a higher finite number",
      seen: `${low} .. ${high}`,
      remedy: "Give the lower end first",
    });
  }
  const data = new Float32Array(volume.data.length);
  applyWindow(volume.data, { low, high }, data);
  return { ...volume, data };
}

/**
 * {@linkcode windowHu} from one array into another. A window that is empty (of a constant MR, or one
 * without finite values) makes everything 0.
 */
export function applyWindow(
  values: Float32Array,
  { low, high }: IntensityWindow,
  target: Float32Array,
): void {
  if (!(low < high)) {
    target.fill(0);
    return;
  }
  volumeKernels().window(values, low, 1 / (high - low), target);
}

/**
 * Two percentiles of a volume's finite intensities, linearly interpolated as `numpy.percentile`
 * does. NaN for a volume without any finite intensity.
 *
 * @throws UserError unless 0 <= lowPercent < highPercent <= 100
 */
export function percentileWindow(
  volume: Volume,
  lowPercent: number,
  highPercent: number,
): IntensityWindow {
  if (!(lowPercent >= 0 && lowPercent < highPercent && highPercent <= 100)) {
    throw new UserError({
      what: "cannot find an intensity window",
      rule: "its percentiles must ascend within 0 .. 100",
      seen: `${lowPercent} and ${highPercent}`,
      remedy: "Give the lower one first, 0.5 and 99.5 for instance",
    });
  }
  const ranks = new RankSelector(volume.data);
  return { low: ranks.percentile(lowPercent), high: ranks.percentile(highPercent) };
}

/**
 * Order statistics of the finite values of an array, by counting the leading 16 bits of the values
 * and then the trailing 16 bits among those that share the leading ones: no copy, no sorting.
 */
class RankSelector {
  readonly #bits: Int32Array;
  readonly #leadingCounts = new Uint32Array(65536);
  readonly #trailingCounts = new Map<number, Uint32Array>();
  readonly #finiteCount: number;

  constructor(values: Float32Array) {
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    let finiteCount = 0;
    for (let i = 0; i < bits.length; i++) {
      if ((bits[i] & exponentBits) === exponentBits) continue;
      this.#leadingCounts[leadingPlace(orderedKey(bits[i]))]++;
      finiteCount++;
    }
    this.#bits = bits;
    this.#finiteCount = finiteCount;
  }

  percentile(percent: number): number {
    if (this.#finiteCount === 0) return NaN;
    const position = percent / 100 * (this.#finiteCount - 1);
    const rank = Math.floor(position);
    const low = this.#valueOfRank(rank);
    const fraction = position - rank;
    return fraction === 0 ? low : low + fraction * (this.#valueOfRank(rank + 1) - low);
  }

  /** The value at place `rank` (from 0) in ascending order. */
  #valueOfRank(rank: number): number {
    const leading = placeOfRank(this.#leadingCounts, rank);
    const trailing = placeOfRank(this.#countTrailing(leading.place), rank - leading.before);
    return valueOfKey(((leading.place - 32768) << 16) | trailing.place);
  }

  #countTrailing(leading: number): Uint32Array {
    let counts = this.#trailingCounts.get(leading);
    if (counts !== undefined) return counts;
    counts = new Uint32Array(65536);
    const bits = this.#bits;
    for (let i = 0; i < bits.length; i++) {
      const key = orderedKey(bits[i]);
      if (leadingPlace(key) === leading && (bits[i] & exponentBits) !== exponentBits) {
        counts[key & 0xffff]++;
      }
    }
    this.#trailingCounts.set(leading, counts);
    return counts;
  }
}

/** All set in NaN and the infinities only. */
const exponentBits = 0x7f800000;

/** A signed integer that orders as the float with these bits does. The function is an involution. */
function orderedKey(bits: number): number {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

function leadingPlace(key: number): number {
  return (key >> 16) + 32768;
}

function valueOfKey(key: number): number {
  return new Float32Array(Int32Array.of(orderedKey(key)).buffer)[0];
}

function placeOfRank(counts: Uint32Array, rank: number): { place: number; before: number } {
  let before = 0;
  let place = 0;
  while (before + counts[place] <= rank) before += counts[place++];
  return { place, before };
}
