import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import {
  applyWindow,
  percentileWindow,
  softTissueWindow,
  windowHu,
} from "../../lib/volume/intensity.ts";
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

Deno.test("applyWindow() makes everything 0 where the window is empty", () => {
  const target = new Float32Array(3);
  for (const window of [{ low: 7, high: 7 }, { low: NaN, high: NaN }, { low: 8, high: 7 }]) {
    applyWindow(Float32Array.of(7, 8, NaN), window, target.fill(5));
    assertEquals([...target], [0, 0, 0]);
  }
  applyWindow(Float32Array.of(-160, 40, 240), softTissueWindow, target);
  assertEquals([...target], [0, 0.5, 1]);
});
