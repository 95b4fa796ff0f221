import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { Canvas, textHeight, textWidth } from "../../lib/figures/canvas.ts";
import { glyphOf } from "../../lib/figures/font.ts";

/** Red samples as a picture: # for 255, . for 0, a digit for tenths between. */
function red(canvas: Canvas): string[] {
  return Array.from(
    { length: canvas.height },
    (_, y) =>
      Array.from({ length: canvas.width }, (_, x) => {
        const value = canvas.data[3 * (x + canvas.width * y)];
        return value === 255 ? "#" : value === 0 ? "." : String(Math.floor(value / 25.6));
      }).join(""),
  );
}

/** The sum of red samples, in whole pixels. */
function area(canvas: Canvas): number {
  return canvas.data.reduce((sum, value, i) => sum + (i % 3 === 0 ? value : 0), 0) / 255;
}

const paint = [255, 0, 0] as const;

Deno.test("glyphOf() knows what titles and units need, and draws a box for what it lacks", () => {
  const text = "AZaz09 .,:;!?'\"()[]{}<>+-=/%_&#*\u00b1\u00d7\u00b0\u00b2\u00b3\u00b5\u2192\u2264";
  const box = glyphOf("\u2603");
  for (const character of text) assertNotEquals(glyphOf(character), box, character);
  assertEquals(glyphOf("\u00e9"), glyphOf("e"));
  assert(glyphOf("\u00b3").width < glyphOf("3").width);
});

Deno.test("Canvas.outline() draws inwards and stops at the border", () => {
  const canvas = new Canvas(6, 4);
  canvas.outline([1, 0], [7, 2], paint, 1);
  assertEquals(red(canvas), [".#####", ".#....", ".#####", "......"]);
});

Deno.test("Canvas.blend() mixes by opacity, and only inside the clip", () => {
  const canvas = new Canvas(2, 1);
  canvas.blend(0, 0, [200, 100, 0]);
  canvas.blend(0, 0, [0, 100, 200], 0.25);
  canvas.clip = { left: 0, top: 0, right: 1, bottom: 1 };
  canvas.blend(1, 0, [9, 9, 9]);
  assertEquals([...canvas.data], [150, 100, 50, 0, 0, 0]);
});

Deno.test("Canvas.rectangle() covers parts of pixels by their area", () => {
  const canvas = new Canvas(5, 3);
  canvas.rectangle([1, 0.5], [3.5, 2], paint);
  assertEquals(red(canvas), [".552.", ".##5.", "....."]);
});

Deno.test("Canvas.polygon() leaves a hole where lines lie within each other", () => {
  const canvas = new Canvas(5, 5);
  const square = (low: number, high: number) =>
    [[low, low], [high, low], [high, high], [low, high]] as const;
  canvas.polygon([square(0, 5), square(1, 4)], paint);
  assertEquals(red(canvas), ["#####", "#...#", "#...#", "#...#", "#####"]);
});

Deno.test("Canvas.line() has the width and the dashes asked for, and crosses itself evenly", () => {
  const canvas = new Canvas(40, 9);
  canvas.line([[2, 4.5], [38, 4.5]], paint, { width: 3 });
  assertEquals(red(canvas).map((row) => row[20]).join(""), "...###...");
  const dashed = new Canvas(40, 3);
  dashed.line([[0, 1.5], [20, 1.5], [40, 1.5]], paint, { width: 1, dash: [6, 6] });
  const row = red(dashed)[1];
  assertEquals([3, 9, 15, 21, 27].map((x) => row[x]).join(""), "#.#.#");
  const bow = new Canvas(20, 20);
  bow.line([[2, 2], [18, 18], [18, 2], [2, 18]], paint, { width: 2, opacity: 0.5 });
  assertEquals(Math.max(...bow.data), 128, "where it crosses it is painted once");
});

Deno.test("Canvas.disc() has a circle's area", () => {
  const canvas = new Canvas(30, 30);
  canvas.disc([14.3, 15.6], 9, paint);
  assertAlmostEquals(area(canvas), Math.PI * 81, 2);
});

Deno.test("Canvas.text() is where and as large as textWidth() and textHeight() say", () => {
  const bounds = (draw: (canvas: Canvas) => void) => {
    const canvas = new Canvas(120, 120);
    draw(canvas);
    const rows = red(canvas);
    const columns = rows[0].split("").map((_, x) => rows.map((row) => row[x]).join(""));
    const ends = (lines: string[]) => [
      lines.findIndex((line) => /[^.]/.test(line)),
      lines.findLastIndex((line) => /[^.]/.test(line)),
    ];
    return { across: ends(columns), down: ends(rows) };
  };
  const [width, height] = [textWidth("HeH", 20), textHeight(20)];
  const plain = bounds((canvas) => canvas.text("HeH", 20, 30, paint, { size: 20 }));
  assertAlmostEquals(plain.across[0], 20, 2);
  assertAlmostEquals(plain.across[1], 20 + width, 3);
  assertAlmostEquals(plain.down[0], 29.5, 1.5);
  assertAlmostEquals(plain.down[1], 30 + height, 1.5);
  const right = bounds((c) => c.text("HeH", 110, 30, paint, { size: 20, align: "right" }));
  assertAlmostEquals(right.across[1], 110, 3);
  const upwards = bounds((c) => c.text("HeH", 30, 100, paint, { size: 20, turn: -90 }));
  assertAlmostEquals(upwards.across[0], 29.5, 1.5);
  assertAlmostEquals(upwards.down[1], 100, 2);
  assertAlmostEquals(upwards.down[0], 100 - width, 3);
});
