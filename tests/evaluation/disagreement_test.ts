import { assertEquals } from "@std/assert";
import { densestWindow, sliceOfDisagreement } from "../../lib/evaluation/disagreement.ts";
import { Random } from "../../lib/random.ts";
import type { Triple } from "../../lib/volume/volume.ts";
import { maskWhere } from "./masks.ts";

const shape: Triple = [7, 5, 9];

Deno.test("the slice with the most different voxels is found along each axis", () => {
  const first = maskWhere(shape, [1, 2, 3], (x, y, z) => x < 4 && y < 3 && z < 6);
  const second = maskWhere(
    shape,
    [1, 2, 3],
    (x, y, z) =>
      x < 4 && y < 3 && z < 6 && !(x === 2 && y === 1) || (x === 6 && y === 4 && z === 8),
  );
  assertEquals(([0, 1, 2] as const).map((axis) => sliceOfDisagreement(first, second, axis)), [
    2,
    1,
    0,
  ]);
});

Deno.test("equal masks: the slice that shows the most of them", () => {
  const mask = maskWhere(shape, [1, 1, 1], (x, y, z) => z === 5 && x > 2 || x === 3 && y === 4);
  assertEquals(([0, 1, 2] as const).map((axis) => sliceOfDisagreement(mask, mask, axis)), [
    3,
    4,
    5,
  ]);
  const empty = maskWhere(shape, [1, 1, 1], () => false);
  assertEquals(sliceOfDisagreement(empty, empty, 1), 0);
});

Deno.test("the densest window has the largest sum of all windows", () => {
  const random = new Random("windows");
  for (const [width, height, across, down] of [[9, 7, 3, 2], [5, 8, 5, 1], [6, 4, 1, 4]]) {
    const values = Array.from({ length: width * height }, () => random.integer(5));
    const sumAt = (x: number, y: number) => {
      let sum = 0;
      for (let j = 0; j < down; j++) {
        for (let i = 0; i < across; i++) sum += values[x + i + width * (y + j)];
      }
      return sum;
    };
    const sums = [];
    for (let y = 0; y + down <= height; y++) {
      for (let x = 0; x + across <= width; x++) sums.push(sumAt(x, y));
    }
    const [x, y] = densestWindow(values, [width, height], [across, down]);
    assertEquals(sumAt(x, y), Math.max(...sums));
  }
  assertEquals(densestWindow(new Uint8Array(12), [4, 3], [9, 9]), [0, 0]);
});

Deno.test("a single pixel lies in the middle of its window, but for the picture's border", () => {
  const [width, height] = [20, 12];
  const windowOf = (x: number, y: number) => {
    const values = new Uint8Array(width * height);
    values[x + width * y] = 1;
    return densestWindow(values, [width, height], [5, 3]);
  };
  assertEquals(windowOf(9, 6), [7, 5]);
  assertEquals(windowOf(0, 11), [0, 9]);
});
