import { assertAlmostEquals, assertEquals } from "@std/assert";
import { gaussian } from "../../lib/volume/gaussian.ts";
import { assertAsReference, impulse, pictureOfRows } from "./picture.ts";

Deno.test("gaussian() gives the values of OpenCV and SciPy", () => {
  assertAsReference(gaussian, "gaussian");
});

Deno.test("gaussian() spreads a point by the binomial of order 4 in both directions", () => {
  const spread = gaussian(impulse(9, 10, 4, 5));
  const at = (column: number, row: number) => spread[row * 9 + column] * 256;
  assertEquals([at(4, 5), at(3, 5), at(2, 5), at(1, 5)], [36, 24, 6, 0]);
  assertEquals([at(3, 4), at(2, 3), at(6, 6), at(4, 8)], [16, 1, 4, 0]);
  assertAlmostEquals(spread.reduce((sum, value) => sum + value, 0), 1, 1e-6);
});

Deno.test("gaussian() leaves a picture of one value as it is", () => {
  const flat = pictureOfRows([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]);
  assertEquals(gaussian(flat), flat.data);
});
