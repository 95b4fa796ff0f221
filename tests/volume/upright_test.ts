import { assertEquals, assertThrows } from "@std/assert";
import { projectMask } from "../../lib/volume/projection.ts";
import { borderLetters, uprightBox, uprightSlice, uprightView } from "../../lib/volume/upright.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";
import type { Mask } from "../../lib/volume/volume.ts";

/** 4 x 3 x 2 voxels of 1 x 2 x 5 mm, each with its own number. */
const volume = {
  shape: [4, 3, 2] as const,
  affine: scaleAndShift([1, 2, 5], [-7, 3, 11]),
  data: Float32Array.from({ length: 24 }, (_, i) => i),
};

Deno.test("upright slices have the patient's right on the left, front and head at the top", () => {
  assertEquals(uprightSlice(volume, "xy", 1), {
    width: 4,
    height: 3,
    data: Float32Array.of(23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12),
    spacingMm: [1, 2],
  });
  assertEquals(uprightSlice(volume, "yz", 3), {
    width: 3,
    height: 2,
    data: Float32Array.of(23, 19, 15, 11, 7, 3),
    spacingMm: [2, 5],
  });
  assertEquals(uprightSlice(volume, "xz", 0).data, Float32Array.of(15, 14, 13, 12, 3, 2, 1, 0));
});

Deno.test("an upright slice keeps its numbers' type and must exist", () => {
  const mask: Mask = { ...volume, data: Uint8Array.from(volume.data, (i) => i % 2) };
  assertEquals(uprightSlice(mask, "yz", 1).data, Uint8Array.of(1, 1, 1, 1, 1, 1));
  assertThrows(() => uprightSlice(mask, "yz", 4), RangeError, "slice 4 of yz is not in 0 .. 3");
  assertThrows(() => uprightSlice(mask, "xy", 0.5), RangeError, "slice 0.5");
});

Deno.test("an upright view shows one channel of a picture", () => {
  const values = Float32Array.from({ length: 2 * 3 * 2 }, (_, i) => i);
  const picture = uprightView(values, { rows: 2, columns: 3, channels: 2, channel: 1 });
  assertEquals(picture, { width: 3, height: 2, data: Float32Array.of(11, 9, 7, 5, 3, 1) });
  assertThrows(() => uprightView(values, { rows: 2, columns: 3 }), RangeError, "12 values");
});

Deno.test("an upright box lies on what it encloses", () => {
  const mask: Mask = { ...volume, data: new Uint8Array(24) };
  mask.data[3 + 4 * (1 + 3 * 0)] = 1;
  const silhouette = uprightView(projectMask(mask, "xz"), { columns: 4, rows: 2 });
  const box = uprightBox({ min: [3 / 4, 0], max: [1, 1 / 2] }, silhouette);
  assertEquals(box, [0, 1, 1, 2]);
  assertEquals(silhouette.data, Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0));
});

Deno.test("letters at the borders follow the volume's own axes", () => {
  assertEquals(borderLetters("RAS", "xy"), { left: "R", right: "L", top: "A", bottom: "P" });
  assertEquals(borderLetters("RAS", "yz"), { left: "A", right: "P", top: "S", bottom: "I" });
  assertEquals(borderLetters("LPS", "xy"), { left: "L", right: "R", top: "P", bottom: "A" });
  assertEquals(borderLetters("PIR", "xz"), { left: "P", right: "A", top: "R", bottom: "L" });
});
