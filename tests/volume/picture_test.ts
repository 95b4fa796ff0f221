import { assertEquals } from "@std/assert";
import { mirrored, shareOfLargest, weighNeighbours } from "../../lib/volume/picture.ts";
import { impulse, pictureOfRows } from "./picture.ts";

Deno.test("mirrored() turns back at the outermost pixel, as often as needed", () => {
  const places = Array.from({ length: 14 }, (_, i) => mirrored(i - 5, 4));
  assertEquals(places, [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
  assertEquals([-2, -1, 0, 1, 2].map((place) => mirrored(place, 2)), [0, 1, 0, 1, 0]);
  assertEquals([-2, 0, 7].map((place) => mirrored(place, 1)), [0, 0, 0]);
});

Deno.test("weighNeighbours() lays the kernel on each pixel without turning it", () => {
  const kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]];
  assertEquals(
    [...weighNeighbours(impulse(5, 6, 2, 2), kernel)],
    [
      [0, 0, 0, 0, 0],
      [0, 9, 8, 7, 0],
      [0, 6, 5, 4, 0],
      [0, 3, 2, 1, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ].flat(),
  );
});

Deno.test("weighNeighbours() mirrors the borders", () => {
  const picture = pictureOfRows([[1, 2, 4], [8, 16, 32]]);
  assertEquals([...weighNeighbours(picture, [[1, 0, 0]])], [2, 1, 2, 16, 8, 16]);
  assertEquals([...weighNeighbours(picture, [[0], [0], [1]])], [8, 16, 32, 1, 2, 4]);
});

Deno.test("shareOfLargest() has a largest of 1, or nothing", () => {
  assertEquals([...shareOfLargest(Float64Array.of(0, 2, 8, 4))], [0, 0.25, 1, 0.5]);
  assertEquals([...shareOfLargest(Float64Array.of(0, 0))], [0, 0]);
});
