import { assertEquals } from "@std/assert";
import { laplacian } from "../../lib/volume/laplacian.ts";
import { assertAsReference, impulse, pictureOfRows } from "./picture.ts";
import { assertNear } from "./reference.ts";

Deno.test("laplacian() gives the values of OpenCV and SciPy", () => {
  assertAsReference(laplacian, "laplacian");
});

Deno.test("laplacian() of a point is its kernel without signs, the largest weight 1", () => {
  assertEquals(
    [...laplacian(impulse(5, 6, 2, 2))],
    [
      [0, 0, 0, 0, 0],
      [0, 0.25, 0, 0.25, 0],
      [0, 0, 1, 0, 0],
      [0, 0.25, 0, 0.25, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ].flat(),
  );
});

Deno.test("laplacian() sees no bend in a slope, and at the border the mirror's", () => {
  const slope = pictureOfRows(Array.from({ length: 4 }, () => [0, 0.125, 0.25, 0.375, 0.5]));
  assertEquals([...laplacian(slope)], Array.from({ length: 4 }, () => [1, 0, 0, 0, 1]).flat());
});

Deno.test("laplacian() does not depend on brightness or contrast, and is 0 without any", () => {
  const rows = [[0.1, 0.4, 0.2], [0.3, 0.9, 0.5], [0.8, 0.6, 0.7], [0.2, 0.1, 0.3]];
  const dimmed = pictureOfRows(rows.map((row) => row.map((value) => 0.9 - 0.3 * value)));
  assertNear(laplacian(dimmed), laplacian(pictureOfRows(rows)), 1e-6);
  assertEquals([...laplacian(pictureOfRows([[0.3, 0.3], [0.3, 0.3]]))], [0, 0, 0, 0]);
});
