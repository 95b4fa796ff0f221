import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import type { LabelledImage } from "../../lib/dataset/case.ts";
import { Random } from "../../lib/random.ts";
import { varyDepth } from "../../lib/training/vary_depth.ts";
import { moveLabels } from "../../lib/volume/affine_resample.ts";
import { viewAxes, type ViewName, viewNames } from "../../lib/volume/projection.ts";
import type { Triple } from "../../lib/volume/volume.ts";

const shape: Triple = [13, 9, 11];
const affine = [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1];
const { augmentation } = presets.focus.phases.detector;
const straight = { ...augmentation, rotationDegrees: 0 };
const tilting = { ...augmentation, scale: 0, shift: 0 };

/** Label 3 and intensity 1 where a place belongs, 0 elsewhere. */
function cubeOf(belongs: (at: Triple) => boolean): LabelledImage {
  const bits: number[] = [];
  for (let z = 0; z < shape[2]; z++) {
    for (let y = 0; y < shape[1]; y++) {
      for (let x = 0; x < shape[0]; x++) bits.push(belongs([x, y, z]) ? 1 : 0);
    }
  }
  return {
    image: { shape, affine, data: Float32Array.from(bits) },
    labels: { shape, affine, data: Uint16Array.from(bits, (bit) => 3 * bit) },
  };
}

/** How many voxels along a view's line of sight belong, at a place of its picture. */
function depths({ labels }: LabelledImage, view: ViewName): Map<string, number> {
  const { horizontal, vertical } = viewAxes[view];
  const counts = new Map<string, number>();
  labels.data.forEach((label, i) => {
    const at = [
      i % shape[0],
      Math.floor(i / shape[0]) % shape[1],
      Math.floor(i / shape[0] / shape[1]),
    ];
    const place = `${at[horizontal]} ${at[vertical]}`;
    counts.set(place, (counts.get(place) ?? 0) + (label === 3 ? 1 : 0));
  });
  return counts;
}

Deno.test("a cube is stretched and shifted along the line of sight alone", () => {
  for (const view of viewNames) {
    const { horizontal, vertical, depth } = viewAxes[view];
    const picture = cubeOf((at) => at[horizontal] > 2 && at[vertical] === 4);
    const still = varyDepth(picture, view, straight, new Random(view));
    assertEquals(still.labels, picture.labels);
    still.image.data.forEach((value, i) => assertAlmostEquals(value, picture.image.data[i], 1e-5));
    const half = cubeOf((at) => at[depth] > 4);
    const seen = new Set<number>();
    for (let seed = 0; seed < 8; seed++) {
      const moved = varyDepth(half, view, straight, new Random(seed));
      const counts = new Set(depths(moved, view).values());
      assertEquals(counts.size, 1, "every line of sight is moved alike");
      seen.add([...counts][0]);
      moved.image.data.forEach((value, i) => {
        if (Math.abs(value - 0.5) > 1e-3) assertEquals(moved.labels.data[i], value > 0.5 ? 3 : 0);
      });
    }
    assert(seen.size > 1, "the shift is random");
  }
});

Deno.test("a cube is tilted about the axes of a view's picture, not turned in its plane", () => {
  for (const view of viewNames) {
    const { horizontal, depth } = viewAxes[view];
    const wall = cubeOf((at) => at[depth] > 4);
    const tilted = varyDepth(wall, view, tilting, new Random(1));
    assert(new Set(depths(tilted, view).values()).size > 1, "lines of sight differ");
    const alike = tilted.image.data.filter((value, i) =>
      (value > 0.5) === (tilted.labels.data[i] === 3)
    ).length;
    assert(alike >= 0.97 * tilted.image.data.length, "labels move with the image");
    // The middle plane across the depth turns about its centre, where it stays.
    const middle = cubeOf((at) => at[horizontal] === (shape[horizontal] - 1) / 2);
    const turned = varyDepth(middle, view, tilting, new Random(1));
    const centre = shape.map((edge) => (edge - 1) / 2);
    const place = centre[0] + shape[0] * (centre[1] + shape[1] * centre[2]);
    assertEquals(turned.labels.data[place], 3);
  }
});

Deno.test("variants are seeded, and without changes of place the cube is as it was", () => {
  const cube = cubeOf(([x, y, z]) => x + y > z);
  const none = { ...augmentation, rotationDegrees: 0, scale: 0, shift: 0 };
  assertEquals(varyDepth(cube, "yz", none, new Random(1)), cube);
  const of = (seed: number) => varyDepth(cube, "yz", augmentation, new Random(seed));
  assertEquals(of(3), of(3));
  assertNotEquals(of(3).image, of(4).image);
});

Deno.test("moveLabels() takes the nearest label, and beyond the border the border's", () => {
  const labels = Uint16Array.from({ length: 3 * 2 * 2 }, (_, i) => 500 * i);
  // Along x it is mirrored, y is moved by a third of a voxel, z by one.
  const matrix = [-1, 0, 0, 0, 1, 0, 0, 0, 1];
  const moved = moveLabels(labels, [3, 2, 2], { matrix, offset: [2, 0.3, 1] });
  assertEquals([...moved], [8, 7, 6, 11, 10, 9, 8, 7, 6, 11, 10, 9].map((i) => 500 * i));
});
