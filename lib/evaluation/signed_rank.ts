/** Outcome of a {@linkcode signedRankTest}. */
export interface SignedRank {
  /** Differences that are not 0; the others say nothing about a direction. */
  readonly count: number;
  /** Sum of the ranks of the positive differences. */
  readonly positiveRanks: number;
  /** Two-sided probability of ranks so uneven where neither direction is favoured; NaN without any. */
  readonly p: number;
}

/** Differences up to which the distribution is counted out; beyond, a normal one is close enough. */
const mostForExact = 50;

/**
 * Wilcoxon's signed-rank test (Wilcoxon 1945) of paired differences. Differences of 0 are left out
 * and ties share their mean rank. Exact up to 50 differences, ties included (all 2^n signs are
 * counted); beyond that the normal approximation with the tie-corrected variance and a correction
 * of 0.5 for continuity.
 *
 * @param differences NaN is left out
 */
export function signedRankTest(differences: Iterable<number>): SignedRank {
  const values = [...differences].filter((value) => value !== 0 && !Number.isNaN(value));
  const ranks = doubledRanks(values.map(Math.abs));
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, i) => values[i] > 0 ? sum + rank : sum, 0);
  const smaller = Math.min(positive, total - positive);
  const p = values.length === 0
    ? NaN
    : values.length <= mostForExact
    ? exactP(ranks, smaller)
    : normalP(ranks, smaller);
  return { count: values.length, positiveRanks: positive / 2, p };
}

/** Twice each value's rank from 1: ties have the mean of theirs, which may end in a half. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => sorted.indexOf(value) + sorted.lastIndexOf(value) + 2);
}

function exactP(doubled: readonly number[], smaller: number): number {
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  // ways[s]: the share of all choices of signs whose positive ranks sum to s / 2.
  let ways = new Float64Array(total + 1);
  ways[0] = 1;
  for (const rank of doubled) {
    const next = new Float64Array(total + 1);
    for (let sum = 0; sum <= total; sum++) {
      next[sum] = (ways[sum] + (sum >= rank ? ways[sum - rank] : 0)) / 2;
    }
    ways = next;
  }
  const tail = ways.subarray(0, smaller + 1).reduce((sum, share) => sum + share, 0);
  return Math.min(1, 2 * tail);
}

function normalP(doubled: readonly number[], smaller: number): number {
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  // The sum of squared ranks over 4 is the variance with its correction for ties.
  const deviation = Math.sqrt(doubled.reduce((sum, rank) => sum + (rank / 2) ** 2, 0) / 4);
  const z = Math.max(0, (total / 4 - smaller / 2 - 0.5) / deviation);
  return Math.min(1, erfc(z / Math.SQRT2));
}

/** The complementary error function, to 1.2e-7 (Numerical Recipes, section 6.2). */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const series = [
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277,
  ].reduceRight((sum, coefficient) => coefficient + t * sum, 0);
  const value = t * Math.exp(-x * x + series);
  return x >= 0 ? value : 2 - value;
}
