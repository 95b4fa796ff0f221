import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  bootstrapMean,
  pairedDifference,
  percentileOfSorted,
  summarize,
} from "../../lib/evaluation/statistics.ts";
import { Random } from "../../lib/random.ts";

Deno.test("summarize() counts what does not apply and leaves it out", () => {
  const summary = summarize([4, NaN, 1, 2, NaN, 9]);
  assertEquals([summary.count, summary.notApplicable], [4, 2]);
  assertEquals([summary.mean, summary.median, summary.min, summary.max], [4, 3, 1, 9]);
  assertAlmostEquals(summary.standardDeviation, Math.sqrt((0 + 9 + 4 + 25) / 3), 1e-12);
});

Deno.test("summarize() of one value and of none", () => {
  const one = summarize([7]);
  assertEquals([one.mean, one.median, one.standardDeviation], [7, 7, NaN]);
  const none = summarize([NaN]);
  assertEquals([none.count, none.notApplicable, none.mean, none.median, none.max], [
    0,
    1,
    NaN,
    NaN,
    NaN,
  ]);
});

Deno.test("percentileOfSorted() interpolates as numpy does", () => {
  // numpy.percentile([1, 2, 4, 8, 16], [0, 10, 50, 95, 100])
  const values = [1, 2, 4, 8, 16];
  assertEquals(percentileOfSorted(values, 0), 1);
  assertAlmostEquals(percentileOfSorted(values, 10), 1.4, 1e-12);
  assertEquals(percentileOfSorted(values, 50), 4);
  assertAlmostEquals(percentileOfSorted(values, 95), 14.4, 1e-12);
  assertEquals(percentileOfSorted(values, 100), 16);
  assertEquals(percentileOfSorted([Infinity, Infinity], 95), Infinity);
});

Deno.test("percentileOfSorted() takes a value as it is where a rank falls on it", () => {
  assertEquals(percentileOfSorted([1, 2, Infinity], 50), 2);
  assertEquals(percentileOfSorted([1, 2, Infinity], 100), Infinity);
});

Deno.test("bootstrapMean() covers the mean of a normal sample and repeats by seed", () => {
  const random = new Random("sample");
  const sample = Array.from({ length: 100 }, () => random.normal(3, 2));
  const interval = bootstrapMean([...sample, NaN], new Random("bootstrap"));
  const { mean, standardDeviation } = summarize(sample);
  const half = 1.96 * standardDeviation / 10;
  assertAlmostEquals(interval.low, mean - half, 0.08);
  assertAlmostEquals(interval.high, mean + half, 0.08);
  assertEquals(interval, bootstrapMean(sample, new Random("bootstrap")));
});

Deno.test("pairedDifference() pairs by case", () => {
  const first = new Map([["a", 1], ["b", 5], ["c", NaN]]);
  const second = new Map([["c", 2], ["b", 6], ["a", 4]]);
  const difference = pairedDifference(first, second, new Random(0));
  assertEquals([difference.mean, difference.count, difference.notApplicable], [2, 2, 1]);
  assert(difference.interval.low >= 1 && difference.interval.high <= 3);
  second.delete("a");
  assertThrows(() => pairedDifference(first, second, new Random(0)), RangeError, "a");
});
