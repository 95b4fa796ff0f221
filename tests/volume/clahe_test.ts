import { assert, assertEquals } from "@std/assert";
import { clahe } from "../../lib/volume/clahe.ts";
import reference from "./picture_reference.json" with { type: "json" };
import { numbers } from "./reference.ts";

const levelsOf = (picture: Float32Array) => Array.from(picture, (value) => Math.round(value * 255));

function pictureOf(
  columns: number,
  rows: number,
  levelAt: (column: number, row: number) => number,
) {
  const data = Float32Array.from(
    { length: columns * rows },
    (_, i) => levelAt(i % columns, Math.floor(i / columns)) / 255,
  );
  return { columns, rows, data };
}

Deno.test("clahe() gives the levels that OpenCV gives", () => {
  assert(reference.clahe.length > 4);
  for (const { rows, columns, tiles, clipLimit, greys, levels } of reference.clahe) {
    const data = Float32Array.from(numbers(greys), (grey) => grey / 255);
    const ours = levelsOf(clahe({ rows, columns, data }, { tiles, clipLimit }));
    const name = `${rows} x ${columns}, ${tiles} tiles, limit ${clipLimit}`;
    assertEquals(ours, numbers(levels), name);
  }
});

Deno.test("clahe() with one tile and no effective limit is the plain equalisation", () => {
  // Counts 1, 3, 2, 2 of 8 pixels: shares 1/8, 4/8, 6/8, 8/8 of 255, halves to the even level.
  const levels = [7, 9, 9, 9, 30, 30, 200, 200];
  const picture = pictureOf(4, 2, (column, row) => levels[row * 4 + column]);
  assertEquals(
    levelsOf(clahe(picture, { tiles: 1, clipLimit: 1000 })),
    [32, 128, 128, 128, 191, 191, 255, 255],
  );
});

Deno.test("clahe() spreads what is above the limit over all levels", () => {
  // 16 x 32 pixels of level 100, limit 2 x 512 / 256 = 4: 508 are cut, 1 goes to each level, and
  // the other 252 to one level each from 0 on. Up to level 100 that is 101 * 2 + 4 = 206 of 512.
  const flat = clahe(pictureOf(16, 32, () => 100), { tiles: 1, clipLimit: 2 });
  assertEquals(new Set(levelsOf(flat)), new Set([Math.round(206 * 255 / 512)]));
});

Deno.test("clahe() leaves a picture of one value without structure, whatever its size", () => {
  for (const [columns, rows] of [[128, 128], [1, 1], [5, 3], [20, 128], [130, 127]]) {
    for (const level of [0, 1, 100, 255]) {
      const result = clahe(pictureOf(columns, rows, () => level));
      assertEquals(new Set(result).size, 1, `${columns} x ${rows} of ${level}`);
    }
  }
});

Deno.test("clahe() widens a faint contrast, by no more than the limit allows", () => {
  const faint = pictureOf(128, 128, (x, y) => 100 + (((x >> 2) + (y >> 2)) % 2) * 6);
  const contrast = (clipLimit: number) => {
    const levels = levelsOf(clahe(faint, { tiles: 8, clipLimit }));
    return Math.max(...levels) - Math.min(...levels);
  };
  assert(contrast(2) > 6 && contrast(2) <= 2 * 6, `${contrast(2)}`);
  assert(contrast(40) > 5 * 6, `${contrast(40)}`);
});

Deno.test("clahe() cuts off what lies outside [0, 1] and stays inside", () => {
  const picture = pictureOf(9, 9, (x, y) => 90 * x - 20 * y - 100);
  const inside = { ...picture, data: picture.data.map((v) => Math.min(1, Math.max(0, v))) };
  assertEquals(clahe(picture), clahe(inside));
  assert(clahe(picture).every((value) => value >= 0 && value <= 1));
});
