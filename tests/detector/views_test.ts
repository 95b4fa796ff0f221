import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { ViewConfig } from "../../lib/config/config.ts";
import { makeView, viewChannels, viewTarget } from "../../lib/detector/views.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import { clahe } from "../../lib/volume/clahe.ts";
import { gaussian } from "../../lib/volume/gaussian.ts";
import { laplacian } from "../../lib/volume/laplacian.ts";
import { viewAxes, viewNames } from "../../lib/volume/projection.ts";
import { sobel } from "../../lib/volume/sobel.ts";
import type { Mask, Triple, Volume } from "../../lib/volume/volume.ts";

const affine = [2, 0, 0, -7, 0, 1, 0, 3, 0, 0, 5, 1, 0, 0, 0, 1];

function volume(shape: Triple, value: (x: number, y: number, z: number) => number): Volume {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % shape[0], Math.floor(i / shape[0]) % shape[1]];
    data[i] = value(x, y, Math.floor(i / (shape[0] * shape[1])));
  }
  return { shape, affine, data };
}

function maskOfBox(shape: Triple, { min, max }: Box3): Mask {
  const inside = (place: Triple) => place.every((v, axis) => v >= min[axis] && v < max[axis]);
  const { data } = volume(shape, (x, y, z) => inside([x, y, z]) ? 1 : 0);
  return { shape, affine, data: Uint8Array.from(data) };
}

function config(
  kind: ViewConfig["kind"],
  edge: number,
  slabCount = 1,
  filter: ViewConfig["filter"] = "none",
): ViewConfig {
  return { kind, edge, slabCount, filter };
}

function assertNear(actual: Float32Array, expected: readonly number[]): void {
  assertEquals(actual.length, expected.length);
  expected.forEach((value, i) => assertAlmostEquals(actual[i], value, 1e-6));
}

/** A volume whose value tells the place, 4 in each direction that a view shows. */
const coded = volume([4, 4, 4], (x, y, z) => x + 10 * y + 100 * z);

Deno.test("views: the centre slice lies at floor(n / 2), rows along the vertical axis", () => {
  const pixel = (view: "xy" | "yz" | "xz", row: number, column: number) =>
    makeView(coded, view, config("centre", 4))[row * 4 + column];
  assertEquals(pixel("xy", 3, 1), 1 + 10 * 3 + 100 * 2);
  assertEquals(pixel("yz", 3, 1), 2 + 10 * 1 + 100 * 3);
  assertEquals(pixel("xz", 3, 1), 1 + 10 * 2 + 100 * 3);
});

Deno.test("views: the centre of an odd number of slices is the middle one", () => {
  const odd = volume([2, 2, 5], (_x, _y, z) => z);
  assertEquals([...makeView(odd, "xy", config("centre", 2))], [2, 2, 2, 2]);
});

Deno.test("views: mean and deviation run along the whole depth", () => {
  for (const view of viewNames) {
    const { depth } = viewAxes[view];
    const ramp = volume([4, 4, 4], (...place) => [0, 0, 1, 5][place[depth]]);
    assertNear(makeView(ramp, view, config("mean", 4)), new Array(16).fill(1.5));
    const variance = (1.5 ** 2 * 2 + 0.5 ** 2 + 3.5 ** 2) / 4;
    assertNear(
      makeView(ramp, view, config("deviation", 4)),
      new Array(16).fill(Math.sqrt(variance)),
    );
  }
});

Deno.test("views: slabs are channels, in the order of the depth", () => {
  for (const view of viewNames) {
    const { depth, horizontal } = viewAxes[view];
    const image = volume([4, 4, 4], (...place) => place[depth] + 10 * place[horizontal]);
    const picture = makeView(image, view, config("slabs", 4, 2));
    assertNear(picture.slice(0, 8), [0.5, 2.5, 10.5, 12.5, 20.5, 22.5, 30.5, 32.5]);
  }
});

Deno.test("views: a voxel that a slab's boundary cuts counts on both sides", () => {
  const image = volume([1, 1, 3], (_x, _y, z) => [3, 6, 12][z]);
  assertNear(makeView(image, "xy", config("slabs", 1, 2)), [4, 10]);
  assertNear(makeView(image, "xy", config("slabs", 1, 6)), [3, 3, 6, 6, 12, 12]);
});

Deno.test("views: any shape becomes a square picture", () => {
  const image = volume([3, 5, 7], (x, y, z) => x + 10 * y + 100 * z);
  for (const view of viewNames) {
    const picture = makeView(image, view, config("slabs", 4, 3));
    assertEquals(picture.length, 4 * 4 * 3);
    assertEquals(picture.every(Number.isFinite), true);
  }
  // xz: columns along x, rows along z; the mean over y is 20.
  const halved = makeView(volume([2, 5, 4], (_x, y, z) => 10 * y + z), "xz", config("mean", 2));
  assertAlmostEquals(halved[2] - halved[0], halved[3] - halved[1], 1e-5);
  assertEquals(halved[2] > halved[0], true);
  assertAlmostEquals((halved[0] + halved[2]) / 2, 21.5, 1e-5);
});

/** A volume in [0, 1] that is not the same in any two directions. */
const waves = volume([8, 9, 10], (x, y, z) => 0.5 + 0.4 * Math.sin(x + 0.7 * y * y + 1.3 * z * x));

Deno.test("views: a filter is applied to each projection, after resizing", () => {
  const byHand = { clahe, laplacian, sobel, gaussian };
  for (const kind of ["mean", "deviation", "centre"] as const) {
    for (const [filter, apply] of Object.entries(byHand)) {
      const plain = makeView(waves, "yz", config(kind, 6));
      const expected = apply({ columns: 6, rows: 6, data: plain });
      const name = filter as keyof typeof byHand;
      assertEquals(makeView(waves, "yz", config(kind, 6, 1, name)), expected);
    }
  }
});

Deno.test("views: each slab is filtered by itself", () => {
  const plain = makeView(waves, "xz", config("slabs", 8, 2));
  const filtered = makeView(waves, "xz", config("slabs", 8, 2, "sobel"));
  for (const channel of [0, 1]) {
    const ofChannel = (picture: Float32Array) => picture.filter((_, i) => i % 2 === channel);
    const expected = sobel({ columns: 8, rows: 8, data: ofChannel(plain) });
    assertEquals(ofChannel(filtered), expected);
  }
});

Deno.test("views: only slabs have several channels", () => {
  assertEquals(viewChannels(config("slabs", 8, 16)), 16);
  assertEquals(viewChannels(config("mean", 8, 16)), 1);
});

Deno.test("views: the target is the projection of mask and box, missed slices or not", () => {
  const shape: Triple = [6, 5, 9];
  const mask = maskOfBox(shape, { min: [4, 1, 0], max: [6, 3, 2] });
  const { silhouette, rows, columns, boxUnit } = viewTarget(mask, "xz");
  assertEquals([rows, columns], [9, 6]);
  assertEquals(boxUnit, { min: [4 / 6, 0], max: [1, 2 / 9] });
  const expected = new Float32Array(54);
  for (const pixel of [4, 5, 10, 11]) expected[pixel] = 1;
  assertEquals(silhouette, expected);
});

Deno.test("views: a resized silhouette keeps its area", () => {
  const mask = maskOfBox([12, 12, 12], { min: [3, 2, 5], max: [9, 8, 7] });
  const { silhouette, rows, columns } = viewTarget(mask, "xy", 6);
  assertEquals([rows, columns], [6, 6]);
  const area = silhouette.reduce((sum, share) => sum + share, 0);
  assertAlmostEquals(area / 36, 36 / 144, 1e-4);
  assertEquals(silhouette.every((share) => share >= 0 && share <= 1), true);
});

Deno.test("views: an empty mask has no box", () => {
  const mask = maskOfBox([2, 3, 4], { min: [0, 0, 0], max: [0, 0, 0] });
  const { silhouette, boxUnit } = viewTarget(mask, "yz");
  assertEquals(boxUnit, null);
  assertEquals(silhouette, new Float32Array(12));
});
