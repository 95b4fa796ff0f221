import { assertAlmostEquals, assertEquals } from "@std/assert";
import { boxToCenterSize, centerSizeToBox } from "../../lib/detector/box_format.ts";

Deno.test("box format: a box of a view and back", () => {
  const values = boxToCenterSize({ min: [0.25, 0.5], max: [0.75, 0.625] });
  assertEquals(values, [0.5, 0.5625, 0.5, 0.125]);
  assertEquals(centerSizeToBox(values), { min: [0.25, 0.5], max: [0.75, 0.625] });
});

Deno.test("box format: a box beyond the picture is cut off", () => {
  const { min, max } = centerSizeToBox([0.1, 0.95, 0.4, 0.2]);
  assertEquals([min[0], max[1]], [0, 1]);
  assertAlmostEquals(max[0], 0.3, 1e-12);
  assertAlmostEquals(min[1], 0.85, 1e-12);
});
