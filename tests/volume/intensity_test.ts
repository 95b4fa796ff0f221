import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { normalizeIntensity, percentileWindow, windowHu } from "../../lib/volume/intensity.ts";
import type { Volume } from "../../lib/volume/volume.ts";
import { anyAffine, assertNear, numbers, pattern, reference } from "./reference.ts";

function row(...values: number[]): Volume {
  return { shape: [values.length, 1, 1], affine: anyAffine, data: Float32Array.from(values) };
}

Deno.test("windowHu() maps a window to [0, 1], with a rule for what is not finite", () => {
  const volume = row(-1000, -160, 40, 240, 3000, NaN, Infinity, -Infinity);
  assertEquals([...windowHu(volume, -160, 240).data], [0, 0, 0.5, 1, 1, 0, 1, 0]);
  for (const [low, high] of [[1, 1], [2, 1], [NaN, 1], [0, Infinity]]) {
    assertThrows(() => windowHu(volume, low, high), UserError, `${low} .. ${high}`);
  }
});

Deno.test("percentileWindow() agrees with NumPy", () => {
  const data = pattern([11, 7, 5]).map((value) => Math.fround(value - 128) * Math.fround(1.7));
  const volume: Volume = { shape: [11, 7, 5], affine: anyAffine, data };
  for (const { percents, values } of reference.percentiles) {
    const [lowPercent, highPercent] = numbers(percents);
    const { low, high } = percentileWindow(volume, lowPercent, highPercent);
    assertNear([low, high], numbers(values), 1e-9);
  }
});

Deno.test("percentileWindow() passes over what is not finite and orders zeros and signs", () => {
  const volume = row(NaN, -0, 0, Infinity, -3.5, 1e-40, 7e30, -Infinity, -1e-40);
  assertEquals(percentileWindow(volume, 0, 100), { low: -3.5, high: Math.fround(7e30) });
  assertEquals(percentileWindow(volume, 40, 60).low, -0);
  assertEquals(percentileWindow(row(5), 0, 100), { low: 5, high: 5 });
  assertEquals(percentileWindow(row(NaN, Infinity), 0, 100), { low: NaN, high: NaN });
  for (const [low, high] of [[50, 50], [-1, 50], [50, 101], [NaN, 50]]) {
    assertThrows(() => percentileWindow(volume, low, high), UserError, `${low} and ${high}`);
  }
});

Deno.test("normalizeIntensity() says which window it used", () => {
  const ct = normalizeIntensity(row(-1000, 40, 1000), { kind: "ct" });
  assertEquals(ct.window, { low: -160, high: 240 });
  assertEquals([...ct.volume.data], [0, 0.5, 1]);
  const wide = normalizeIntensity(row(0, 40, 80), { kind: "ct", low: 0, high: 80 });
  assertEquals([...wide.volume.data], [0, 0.5, 1]);
  const mr = normalizeIntensity(row(0, 10, 20, 30, 40), {
    kind: "mr",
    lowPercent: 25,
    highPercent: 75,
  });
  assertEquals(mr.window, { low: 10, high: 30 });
  assertEquals([...mr.volume.data], [0, 0, 0.5, 1, 1]);
});

Deno.test("a constant MR and one without finite values become 0", () => {
  assertEquals([...normalizeIntensity(row(7, 7, 7), { kind: "mr" }).volume.data], [0, 0, 0]);
  assertEquals([...normalizeIntensity(row(NaN, NaN), { kind: "mr" }).volume.data], [0, 0]);
});
