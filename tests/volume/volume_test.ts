import { assertAlmostEquals, assertEquals } from "@std/assert";
import { composeAffines, scaleAndShift } from "../../lib/volume/affine.ts";
import { type Affine, spacingMm, type Triple, voxelMm3 } from "../../lib/volume/volume.ts";

const spacing: Triple = [0.7, 1.5, 4];
const upright = scaleAndShift(spacing, [-3, 10, 20]);

/** A turn by 0.3 rad around z, and axes that run the other way or in another order. */
const turned: readonly Affine[] = [
  [Math.cos(0.3), -Math.sin(0.3), 0, 0, Math.sin(0.3), Math.cos(0.3), 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  [-1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  [0, 0, 1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 1],
];

Deno.test("a voxel of right angles has the product of its edges as its volume", () => {
  const [x, y, z] = spacing;
  assertEquals(spacingMm({ shape: [7, 5, 4], affine: upright }), spacing);
  for (const turn of [scaleAndShift([1, 1, 1], [0, 0, 0]), ...turned]) {
    assertAlmostEquals(voxelMm3({ affine: composeAffines(turn, upright) }), x * y * z, 1e-12);
  }
});

Deno.test("a sheared voxel has its base times its height as its volume", () => {
  // Each plane lies 3 mm beside the one below: a gantry that was tilted.
  const sheared: Affine = [0.7, 0, 0, 0, 0, 1.5, 3, 0, 0, 0, 4, 0, 0, 0, 0, 1];
  assertEquals(spacingMm({ shape: [7, 5, 4], affine: sheared }), [0.7, 1.5, 5]);
  assertAlmostEquals(voxelMm3({ affine: sheared }), 0.7 * 1.5 * 4, 1e-12);
  const mirrored = composeAffines(turned[1], sheared);
  assertAlmostEquals(voxelMm3({ affine: mirrored }), 0.7 * 1.5 * 4, 1e-12);
});
