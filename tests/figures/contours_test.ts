import { assertEquals } from "@std/assert";
import { type Contour, contoursOf } from "../../lib/figures/contours.ts";

function contours(rows: readonly string[]): Contour[] {
  const mask = Uint8Array.from(rows.join(""), (character) => +(character === "#"));
  return contoursOf(mask, rows[0].length, rows.length);
}

/** Twice the signed area; positive where the inside is on the right hand, y downwards. */
function doubleArea(contour: Contour): number {
  return contour.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = contour[(i + 1) % contour.length];
    return sum + x * nextY - nextX * y;
  }, 0);
}

Deno.test("contoursOf() cuts the corners of a single pixel", () => {
  const [contour, ...others] = contours(["...", "..#", "..."]);
  assertEquals(others, []);
  assertEquals(
    contour.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]),
    [[2, 1.5], [2.5, 1], [2.5, 2], [3, 1.5]],
  );
});

Deno.test("contoursOf() has few points along straight lines", () => {
  const [contour] = contours(["......", ".####.", ".####.", ".####."]);
  assertEquals(contour.length, 8);
  // 4 x 3 pixels less four corners of an eighth
  assertEquals(doubleArea(contour) / 2, 12 - 4 / 8);
});

Deno.test("contoursOf() goes round a hole the other way, and parts what meets at a corner", () => {
  const ring = contours(["#####", "#...#", "#####"]).map(doubleArea);
  assertEquals(ring.length, 2);
  assertEquals(Math.sign(ring[0]) + Math.sign(ring[1]), 0);
  assertEquals(contours(["#.", ".#"]).map((contour) => contour.length), [4, 4]);
  assertEquals(contours(["..", ".."]), []);
});
