import { assertEquals } from "@std/assert";
import { sobel } from "../../lib/volume/sobel.ts";
import { assertAsReference, impulse, pictureOfRows } from "./picture.ts";
import { assertNear } from "./reference.ts";

Deno.test("sobel() gives the values of OpenCV and SciPy", () => {
  assertAsReference(sobel, "sobel");
});

Deno.test("sobel() of a point is the length of both kernels, the largest 1", () => {
  const corner = Math.SQRT1_2; // the gradient (1, 1) beside (2, 0)
  assertNear(
    sobel(impulse(5, 6, 2, 2)),
    [
      [0, 0, 0, 0, 0],
      [0, corner, 1, corner, 0],
      [0, 1, 0, 1, 0],
      [0, corner, 1, corner, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ].flat(),
    1e-7,
  );
});

Deno.test("sobel() of a slope is the same everywhere but at the mirror", () => {
  const slope = pictureOfRows(Array.from({ length: 3 }, () => [0, 0.125, 0.25, 0.375]));
  assertEquals([...sobel(slope)], Array.from({ length: 3 }, () => [0, 1, 1, 0]).flat());
});

Deno.test("sobel() turns with the picture, and is 0 without any contrast", () => {
  const rows = [[0.1, 0.4, 0.2], [0.3, 0.9, 0.5], [0.8, 0.6, 0.7], [0.2, 0.1, 0.3]];
  const turned = [0, 1, 2].map((column) => rows.map((row) => row[column]));
  const [upright, lying] = [sobel(pictureOfRows(rows)), sobel(pictureOfRows(turned))];
  rows.forEach((row, y) =>
    row.forEach((_, x) => assertNear([lying[x * 4 + y]], [upright[y * 3 + x]], 1e-6))
  );
  assertEquals([...sobel(pictureOfRows([[0.3, 0.3], [0.3, 0.3]]))], [0, 0, 0, 0]);
});
