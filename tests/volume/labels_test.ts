import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { boundingBoxVoxels } from "../../lib/volume/box.ts";
import { labelExtents } from "../../lib/volume/labels.ts";
import { type LabelVolume, maskOfLabels } from "../../lib/volume/volume.ts";
import { anyAffine, pattern } from "./reference.ts";

const labels: LabelVolume = {
  shape: [7, 5, 3],
  affine: anyAffine,
  data: Uint16Array.from(pattern([7, 5, 3]), (value) => value < 30 ? value % 4 : 0),
};

Deno.test("labelExtents() agrees with the mask of each label", () => {
  const withLarge = { ...labels, data: labels.data.with(40, 65535) };
  const extents = labelExtents(withLarge);
  assertEquals([...extents.keys()], [1, 2, 3, 65535]);
  for (const [value, { voxels, boxVoxels }] of extents) {
    const mask = maskOfLabels(withLarge, [value]);
    assertEquals(voxels, mask.data.reduce((sum, bit) => sum + bit, 0));
    assertEquals(boxVoxels, boundingBoxVoxels(mask));
  }
});

Deno.test("labelExtents() of background alone is empty", () => {
  assertEquals(labelExtents({ ...labels, data: new Uint16Array(105) }).size, 0);
});

Deno.test("maskOfLabels() takes label values only", () => {
  for (const value of [0, -1, 1.5, 65536, NaN]) {
    assertThrows(() => maskOfLabels(labels, [value]), UserError, "1 .. 65535");
  }
});
