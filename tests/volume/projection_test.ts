import { assertEquals } from "@std/assert";
import { boundingBoxVoxels } from "../../lib/volume/box.ts";
import { projectBox, projectMask, viewAxes, viewNames } from "../../lib/volume/projection.ts";
import type { Mask } from "../../lib/volume/volume.ts";
import { anyAffine, patternMask } from "./reference.ts";

Deno.test("projectMask() agrees with looking for a voxel along every line", () => {
  const mask = patternMask([6, 5, 4], 40);
  for (const view of viewNames) {
    const { horizontal, vertical, depth } = viewAxes[view];
    const picture = projectMask(mask, view);
    const [columns, rows] = [mask.shape[horizontal], mask.shape[vertical]];
    assertEquals(picture.length, columns * rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let seen = 0;
        for (let k = 0; k < mask.shape[depth]; k++) {
          const at = [0, 0, 0];
          [at[horizontal], at[vertical], at[depth]] = [column, row, k];
          seen |= mask.data[at[0] + 6 * (at[1] + 5 * at[2])];
        }
        assertEquals(picture[column + columns * row], seen);
      }
    }
  }
});

Deno.test("a view shows the horizontal axis first", () => {
  const mask: Mask = { shape: [4, 3, 2], affine: anyAffine, data: new Uint8Array(24) };
  mask.data[2 + 4 * (1 + 3 * 0)] = 1;
  mask.data[3 + 4 * (1 + 3 * 0)] = 1;
  const box = boundingBoxVoxels(mask)!;
  assertEquals(projectBox(box, "xy"), { min: [2, 1], max: [4, 2] });
  assertEquals(projectBox(box, "yz"), { min: [1, 0], max: [2, 1] });
  assertEquals(projectBox(box, "xz"), { min: [2, 0], max: [4, 1] });
  assertEquals([...projectMask(mask, "yz")], [0, 1, 0, 0, 0, 0]);
  assertEquals([...projectMask(mask, "xz")], [0, 0, 1, 1, 0, 0, 0, 0]);
});
