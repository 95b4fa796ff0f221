import { assertAlmostEquals, assertEquals } from "@std/assert";
import { sightOfCentreSlice } from "../../lib/detector/centre_slice.ts";
import type { Mask, Triple } from "../../lib/volume/volume.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";

function block(shape: Triple, min: Triple, max: Triple): Mask {
  const data = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (let z = min[2]; z < max[2]; z++) {
    for (let y = min[1]; y < max[1]; y++) {
      for (let x = min[0]; x < max[0]; x++) data[x + shape[0] * (y + shape[1] * z)] = 1;
    }
  }
  return { shape, affine: scaleAndShift([1, 1, 1], [0, 0, 0]), data };
}

Deno.test("centre slice: a block is seen whole by the views whose slice meets it", () => {
  // The centre slices of 7 x 6 x 5 are x = 3, y = 3, z = 2.
  const mask = block([7, 6, 5], [3, 0, 1], [6, 3, 4]);
  assertEquals(sightOfCentreSlice(mask, "xy"), { silhouetteShare: 1, boxIou: 1 });
  assertEquals(sightOfCentreSlice(mask, "yz"), { silhouetteShare: 1, boxIou: 1 });
  assertEquals(sightOfCentreSlice(mask, "xz"), { silhouetteShare: 0, boxIou: 0 });
});

Deno.test("centre slice: shows as much of an organ as it cuts", () => {
  const mask = block([8, 6, 4], [1, 1, 1], [5, 3, 2]);
  // A tip of 1 x 2 voxels reaches into the slice z = 2; the view of the organ is 4 x 2 pixels.
  const tip = block([8, 6, 4], [4, 1, 2], [5, 3, 3]);
  const both: Mask = { ...mask, data: mask.data.map((value, i) => value | tip.data[i]) };
  const { silhouetteShare, boxIou } = sightOfCentreSlice(both, "xy");
  assertAlmostEquals(silhouetteShare, 2 / 8);
  assertAlmostEquals(boxIou, 2 / 8);
});

Deno.test("centre slice: of a case without the organ nothing can be said", () => {
  const sight = sightOfCentreSlice(block([3, 4, 5], [0, 0, 0], [0, 0, 0]), "xz");
  assertEquals(sight, { silhouetteShare: NaN, boxIou: NaN });
});
