import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { ViewBox } from "../../lib/detector/fusion.ts";
import { readProfiles, readWalls } from "../../lib/detector/silhouette_walls.ts";

const [rows, columns] = [24, 32];

function picture(value: (row: number, column: number) => number): Float32Array {
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => value(Math.floor(i / columns), i % columns),
  );
}

function rectangle(left: number, top: number, right: number, bottom: number, value = 1) {
  return (row: number, column: number): number =>
    column >= left && column < right && row >= top && row < bottom ? value : 0;
}

/** Logistic fall of a distance from a wall, `width` pixels long. */
function soft(distance: number, width: number): number {
  return 1 / (1 + Math.exp(-distance / width));
}

/** An ellipse whose probability falls off over about four times `width` pixels. */
function ellipse(cx: number, cy: number, rx: number, ry: number, width: number) {
  return (row: number, column: number): number => {
    const radius = Math.hypot((column + 0.5 - cx) / rx, (row + 0.5 - cy) / ry);
    return soft((1 - radius) * Math.min(rx, ry), width);
  };
}

const nothing: ViewBox = { boxUnit: { min: [0, 0], max: [1, 1] }, confidence: [0, 0] };

Deno.test("walls: a binary silhouette gives its box exactly and with full confidence", () => {
  assertEquals(readWalls(picture(rectangle(5, 3, 17, 20)), rows, columns), {
    boxUnit: { min: [5 / 32, 3 / 24], max: [17 / 32, 20 / 24] },
    confidence: [1, 1],
  });
});

Deno.test("walls: on the picture's border", () => {
  const { boxUnit } = readWalls(picture(rectangle(0, 10, 32, 24)), rows, columns);
  assertEquals(boxUnit, { min: [0, 10 / 24], max: [1, 1] });
});

Deno.test("walls: the input is not changed", () => {
  const input = picture((row, column) => row < 5 || column > 20 ? 0.9 : 0);
  const copy = input.slice();
  readWalls(input, rows, columns);
  assertEquals(input, copy);
});

Deno.test("walls: lie between pixels where a ramp crosses one half", () => {
  const ramp = [0, 0, 0.25, 0.75, 1, 1, 1, 0.6, 0.2, 0];
  const values = picture((row, column) => row >= 4 && row < 10 ? ramp[column] ?? 0 : 0);
  const { boxUnit } = readWalls(values, rows, columns);
  // Centres 2.5 (0.25) and 3.5 (0.75); 7.5 (0.6) and 8.5 (0.2).
  assertAlmostEquals(boxUnit.min[0] * columns, 3, 1e-5);
  assertAlmostEquals(boxUnit.max[0] * columns, 7.75, 1e-5);
});

Deno.test("walls: of a soft ellipse lie within half a pixel of its own", () => {
  const { boxUnit } = readWalls(picture(ellipse(14.3, 11.8, 9.4, 6.2, 0.4)), rows, columns);
  assertAlmostEquals(boxUnit.min[0] * columns, 14.3 - 9.4, 0.5);
  assertAlmostEquals(boxUnit.max[0] * columns, 14.3 + 9.4, 0.5);
  assertAlmostEquals(boxUnit.min[1] * rows, 11.8 - 6.2, 0.5);
  assertAlmostEquals(boxUnit.max[1] * rows, 11.8 + 6.2, 0.5);
});

Deno.test("walls: the heavier of two blobs counts", () => {
  const [large, small] = [rectangle(3, 2, 13, 12, 0.8), rectangle(20, 5, 28, 12, 0.99)];
  const values = picture((row, column) => large(row, column) + small(row, column));
  const { boxUnit, confidence } = readWalls(values, rows, columns);
  assertAlmostEquals(boxUnit.min[0] * columns, 3, 0.5);
  assertAlmostEquals(boxUnit.max[0] * columns, 13, 0.5);
  assertAlmostEquals(boxUnit.max[1] * rows, 12, 0.5);
  assertEquals(confidence[0] > 0.4 && confidence[0] < 0.9, true);
  // Of an organ in two pieces both count, however many it may have; a stray pixel or two do not.
  const withStray = values.with(23 * columns + 31, 0.99).with(22 * columns + 31, 0.99);
  for (const pieces of [2, 3]) {
    const both = readWalls(withStray, rows, columns, pieces).boxUnit;
    assertAlmostEquals(both.min[0] * columns, 3, 0.5);
    assertAlmostEquals(both.max[0] * columns, 28, 0.5);
    assertAlmostEquals(both.max[1] * rows, 12, 0.5);
  }
});

Deno.test("walls: blobs that touch at a corner only are two", () => {
  const [large, small] = [rectangle(3, 2, 13, 12), rectangle(13, 12, 17, 16)];
  const values = picture((row, column) => large(row, column) + small(row, column));
  assertEquals(readWalls(values, rows, columns).boxUnit.max, [13 / 32, 12 / 24]);
});

Deno.test("walls: a component as winding as a spiral is one", () => {
  const values = picture((row, column) =>
    row % 4 === 0 || column === (row % 8 < 4 ? 31 : 0) ? 1 : 0
  );
  const { boxUnit } = readWalls(values, rows, columns);
  // Its last row is the sixth of those that are four apart; a piece alone would be a row.
  assertEquals(boxUnit, { min: [0, 0], max: [1, 1] });
});

Deno.test("walls: nothing, single pixels and NaN are not found", () => {
  assertEquals(readWalls(picture(() => 0), rows, columns), nothing);
  assertEquals(readWalls(picture(() => 0.49), rows, columns), nothing);
  assertEquals(readWalls(picture(rectangle(4, 4, 5, 5, 0.9)), rows, columns), nothing);
  assertEquals(readWalls(picture(() => NaN), rows, columns), nothing);
});

Deno.test("walls: confidence falls with softness and with level, axis by axis", () => {
  const sharp = readWalls(picture(ellipse(16, 12, 10, 8, 0.2)), rows, columns).confidence;
  const blurred = readWalls(picture(ellipse(16, 12, 10, 8, 1.2)), rows, columns).confidence;
  assertEquals(sharp[0] > blurred[0] && sharp[1] > blurred[1], true);
  const faint = readWalls(picture(rectangle(5, 3, 17, 20, 0.6)), rows, columns).confidence;
  assertEquals(faint[0] < 0.5, true);
  // Soft on the left and right only.
  const values = picture((row, column) =>
    row >= 4 && row < 20 ? soft(8 - Math.abs(column + 0.5 - 16), 1.5) : 0
  );
  const { confidence } = readWalls(values, rows, columns);
  assertEquals(confidence[0] < confidence[1], true);
});

Deno.test("walls: confidences stay in 0 .. 1", () => {
  for (const width of [0.1, 1, 5]) {
    for (const value of readWalls(picture(ellipse(4, 20, 9, 9, width)), rows, columns).confidence) {
      assertEquals(value >= 0 && value <= 1, true);
    }
  }
});

Deno.test("profiles: the mean of the two largest values across, of the heaviest component", () => {
  const large = rectangle(5, 3, 17, 20, 0.8);
  const values = picture((row, column) => row === 7 && column === 6 ? 0.9 : large(row, column));
  values[0 * columns + 30] = 1; // A stray pixel apart, which is blanked.
  const { horizontal, vertical } = readProfiles(values, rows, columns);
  assertEquals([horizontal.length, vertical.length], [columns, rows]);
  assertAlmostEquals(horizontal[6], 0.85, 1e-6);
  assertAlmostEquals(horizontal[16], 0.8, 1e-6);
  assertAlmostEquals(vertical[7], 0.85, 1e-6);
  assertEquals([horizontal[17], horizontal[30], vertical[0], vertical[20]], [0, 0, 0, 0]);
});
