import { assertEquals } from "@std/assert";
import { Canvas, textHeight, textWidth } from "../../lib/figures/canvas.ts";
import { glyphOf } from "../../lib/figures/font.ts";

function red(canvas: Canvas): string[] {
  return Array.from({ length: canvas.height }, (_, y) =>
    Array.from(
      { length: canvas.width },
      (_, x) => canvas.data[3 * (x + canvas.width * y)] === 255 ? "#" : ".",
    ).join(""));
}

Deno.test("glyphOf() draws letters, and a question mark for what it lacks", () => {
  assertEquals(glyphOf("r"), ["####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"]);
  assertEquals(glyphOf("L").at(-1), "#####");
  assertEquals(glyphOf("\u00e4"), glyphOf("?"));
});

Deno.test("Canvas.outline() draws inwards and stops at the border", () => {
  const canvas = new Canvas(6, 4);
  canvas.outline([1, 0], [7, 2], [255, 0, 0], 1);
  assertEquals(red(canvas), [".#####", ".#....", ".#####", "......"]);
});

Deno.test("Canvas.blend() mixes by opacity", () => {
  const canvas = new Canvas(1, 1);
  canvas.blend(0, 0, [200, 100, 0]);
  canvas.blend(0, 0, [0, 100, 200], 0.25);
  assertEquals([...canvas.data], [150, 100, 50]);
});

Deno.test("Canvas.text() is as large as textWidth() and textHeight() say", () => {
  const canvas = new Canvas(26, 18);
  canvas.text("HH", 1, 1, [255, 255, 255], 2);
  const rows = red(canvas);
  assertEquals([textWidth("HH", 2), textHeight(2)], [22, 14]);
  assertEquals(rows[1], ".##......##..##......##...");
  assertEquals(rows[14], rows[1]);
  assertEquals(rows[15], ".".repeat(26));
});
