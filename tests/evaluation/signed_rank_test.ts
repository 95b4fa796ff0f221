import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { signedRankTest } from "../../lib/evaluation/signed_rank.ts";
import { Random } from "../../lib/random.ts";

/** Every choice of signs tried: the slow, obvious twin. */
function byEnumeration(values: readonly number[]): number {
  const kept = values.filter((value) => value !== 0);
  const ranks = kept.map((value) => {
    const below = kept.filter((other) => Math.abs(other) < Math.abs(value)).length;
    const same = kept.filter((other) => Math.abs(other) === Math.abs(value)).length;
    return below + (same + 1) / 2;
  });
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const unevenness = (positive: number) => Math.abs(positive - total / 2);
  const seen = unevenness(ranks.reduce((sum, rank, i) => kept[i] > 0 ? sum + rank : sum, 0));
  let asUneven = 0;
  for (let signs = 0; signs < 2 ** kept.length; signs++) {
    const positive = ranks.reduce((sum, rank, i) => signs >> i & 1 ? sum + rank : sum, 0);
    if (unevenness(positive) >= seen - 1e-9) asUneven++;
  }
  return asUneven / 2 ** kept.length;
}

Deno.test("signedRankTest(): published values", () => {
  // Wilcoxon (1945), as in scipy.stats.wilcoxon's documentation: plant heights of Fisher and Darwin.
  const heights = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75];
  const { count, positiveRanks, p } = signedRankTest(heights);
  assertEquals([count, positiveRanks], [15, 96]);
  assertAlmostEquals(p, 0.041259765625, 1e-12);
  assertEquals(signedRankTest([1, 2, 3, 4]).p, 0.125);
});

Deno.test("signedRankTest(): equals the enumeration of all signs, ties and zeros included", () => {
  const random = new Random("signed rank");
  for (let round = 0; round < 40; round++) {
    const values = Array.from({ length: 1 + random.integer(9) }, () => random.integer(9) - 4);
    if (values.every((value) => value === 0)) continue;
    assertAlmostEquals(signedRankTest(values).p, byEnumeration(values), 1e-12);
  }
});

Deno.test("signedRankTest(): the approximation meets the exact value where one gives way", () => {
  const random = new Random("approximation");
  const values = Array.from({ length: 51 }, () => random.normal(0.25));
  // Left out by one, it is exact: one value in 51 changes little.
  const [exact, normal] = [signedRankTest(values.slice(0, 50)).p, signedRankTest(values).p];
  assert(Math.abs(exact - normal) < 0.05);
  const swapped = signedRankTest(values.map((value) => -value));
  assertAlmostEquals(swapped.p, normal, 1e-12);
});

Deno.test("signedRankTest(): the approximation is SciPy's, ties and continuity corrected", () => {
  const values = Array.from({ length: 60 }, (_, i) => {
    return Math.floor((i + 2) / 2) * ((i + 1) % 3 === 0 ? -1 : 1);
  });
  // scipy.stats.wilcoxon(values, correction=True, method="approx"); 0.0359 and 0.03623 without either.
  const { count, positiveRanks, p } = signedRankTest(values);
  assertEquals([count, positiveRanks], [60, 1200]);
  assertAlmostEquals(p, 0.03620755273298141, 1e-6);
});

Deno.test("signedRankTest(): without a difference there is nothing to test", () => {
  assertEquals(signedRankTest([0, NaN]), { count: 0, positiveRanks: 0, p: NaN });
  assertEquals(signedRankTest([0.1]).p, 1);
});
