import type { Random } from "../random.ts";

/** What a list of measurements comes to. */
export interface Summary {
  /** Cases with a value. */
  readonly count: number;
  /** Cases to which the measurement does not apply: NaN by a documented rule. */
  readonly notApplicable: number;
  /** NaN, as the four below, where there are too few values. */
  readonly mean: number;
  /** Of a sample: n - 1 in the denominator; NaN for a single value. */
  readonly standardDeviation: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The mean of a quantity and the range that it plausibly lies in. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** For example 0.95. */
  readonly level: number;
}

/** How much the second of two measurements of the same cases exceeds the first. */
export interface PairedDifference extends Summary {
  /** Bootstrap interval of the mean difference. */
  readonly interval: Interval;
}

/** Draws of {@linkcode bootstrapMean}, and the share of their means that lie in its interval. */
const [resamples, level] = [2000, 0.95];

/**
 * Mean, deviation, median and range. NaN is counted as not applicable and left out; an infinite
 * value takes part.
 */
export function summarize(values: Iterable<number>): Summary {
  const all = [...values];
  const sorted = Float64Array.from(all.filter((value) => !Number.isNaN(value))).sort();
  const count = sorted.length;
  const mean = meanOf(sorted);
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count,
    notApplicable: all.length - count,
    mean,
    standardDeviation: count > 1 ? Math.sqrt(squares / (count - 1)) : NaN,
    median: percentileOfSorted(sorted, 50),
    min: count > 0 ? sorted[0] : NaN,
    max: count > 0 ? sorted[count - 1] : NaN,
  };
}

/**
 * The percentile of ascending values, interpolated linearly between the two nearest ranks (numpy's
 * default, type 7 of Hyndman and Fan 1996).
 *
 * @param percent 0 .. 100
 * @returns NaN when there are no values
 */
export function percentileOfSorted(sorted: ArrayLike<number>, percent: number): number {
  if (sorted.length === 0) return NaN;
  const place = (sorted.length - 1) * percent / 100;
  const below = Math.floor(place);
  const low = sorted[below];
  if (place === below) return low;
  const high = sorted[below + 1];
  return low === high ? low : low + (place - below) * (high - low);
}

/**
 * The 95 % percentile bootstrap interval of the mean (Efron 1979): the mean of cases drawn with
 * replacement, many times. NaN is left out; both ends are NaN when nothing remains.
 *
 * @param random the only source of chance: equal generators give equal intervals
 */
export function bootstrapMean(
  values: Iterable<number>,
  random: Random,
): Interval {
  const cases = [...values].filter((value) => !Number.isNaN(value));
  if (cases.length === 0) return { low: NaN, high: NaN, level };
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < cases.length; i++) sum += cases[random.integer(cases.length)];
    return sum / cases.length;
  }).sort();
  const tail = 50 * (1 - level);
  return {
    low: percentileOfSorted(means, tail),
    high: percentileOfSorted(means, 100 - tail),
    level,
  };
}

/**
 * The differences `second - first` case by case. Cases that only one of the two has are an error; a
 * pair with a NaN on either side is counted as not applicable.
 *
 * @param first values by case
 * @throws RangeError when the two do not hold the same cases
 */
export function pairedDifference(
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
  random: Random,
): PairedDifference {
  const unpaired = [
    ...[...first.keys()].filter((key) => !second.has(key)),
    ...[...second.keys()].filter((key) => !first.has(key)),
  ];
  if (unpaired.length > 0) {
    throw new RangeError(`cases without a partner: ${unpaired.slice(0, 5).join(", ")}`);
  }
  const differences = [...first].map(([key, value]) => second.get(key)! - value);
  return { ...summarize(differences), interval: bootstrapMean(differences, random) };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
