import { assertEquals, assertThrows } from "@std/assert";
import { meanBox } from "../../lib/volume/mean_box.ts";
import { projectBox } from "../../lib/volume/projection.ts";

Deno.test("the mean box has the means of the faces, in every view too", () => {
  const mean = meanBox([
    { min: [0, 1, 2], max: [4, 6, 8] },
    { min: [2, 1, 6], max: [8, 2, 9] },
  ]);
  assertEquals(mean, { min: [1, 1, 4], max: [6, 4, 8.5] });
  assertEquals(projectBox(mean, "yz"), { min: [1, 4], max: [4, 8.5] });
  assertThrows(() => meanBox([]), RangeError, "no boxes");
});
