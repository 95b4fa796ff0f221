import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { overlap } from "../../lib/evaluation/overlap.ts";
import type { Triple } from "../../lib/volume/volume.ts";
import { maskWhere } from "./masks.ts";

const shape: Triple = [4, 3, 2];
const spacing: Triple = [1, 2, 3];
const empty = maskWhere(shape, spacing, () => false);

Deno.test("overlap() counts shared voxels", () => {
  const groundTruth = maskWhere(shape, spacing, (x) => x < 2);
  const prediction = maskWhere(shape, spacing, (x, y) => x < 3 && y > 0);
  assertEquals(overlap(groundTruth, prediction), {
    dice: 2 * 8 / (12 + 12),
    iou: 8 / 16,
    groundTruthVoxels: 12,
    predictionVoxels: 12,
    sharedVoxels: 8,
  });
});

Deno.test("overlap() of a slice with a cross, as MetricsReloaded's figure 10", () => {
  const groundTruth = maskWhere([11, 11, 1], spacing, (x, y) => x > 2 && x < 8 && y > 2 && y < 8);
  const prediction = maskWhere([11, 11, 1], spacing, (x, y) => {
    return (x > 2 && x < 8 && y > 2 && y < 8) || (x === 5 && y > 0 && y < 10) ||
      (y === 5 && x > 0 && x < 10);
  });
  const { dice, iou } = overlap(groundTruth, prediction);
  assertAlmostEquals(dice, 0.862, 1e-3);
  assertAlmostEquals(iou, 0.76, 5e-3);
});

Deno.test("overlap() is 0 for one empty mask and not applicable for two", () => {
  const full = maskWhere(shape, spacing, () => true);
  assertEquals([overlap(full, empty).dice, overlap(full, empty).iou], [0, 0]);
  assertEquals([overlap(empty, full).dice, overlap(empty, full).iou], [0, 0]);
  assertEquals([overlap(empty, empty).dice, overlap(empty, empty).iou], [NaN, NaN]);
});

Deno.test("overlap() refuses masks on different grids", () => {
  assertThrows(
    () => overlap(empty, maskWhere([3, 4, 2], spacing, () => false)),
    UserError,
    "must be that of the ground truth, 4x3x2, but it is 3x4x2",
  );
  assertThrows(
    () => overlap(empty, maskWhere(shape, [1, 2, 3.1], () => false)),
    UserError,
    "affine",
  );
  overlap(empty, maskWhere(shape, [1, 2, 3.00001], () => false));
});
