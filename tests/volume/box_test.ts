import { assertEquals, assertThrows } from "@std/assert";
import {
  aroundBoxes,
  boundingBoxVoxels,
  type Box3,
  boxEdges,
  boxIou2,
  boxIou3,
  growBox,
  unitToVoxels,
  voxelsToUnit,
} from "../../lib/volume/box.ts";
import { Random } from "../../lib/random.ts";
import type { Mask } from "../../lib/volume/volume.ts";
import { anyAffine, assertNear } from "./reference.ts";

const box: Box3 = { min: [1, 2, 3], max: [4, 4, 8] };

Deno.test("boundingBoxVoxels() is half-open and null for an empty mask", () => {
  const mask: Mask = { shape: [5, 4, 3], affine: anyAffine, data: new Uint8Array(60) };
  assertEquals(boundingBoxVoxels(mask), null);
  mask.data[59] = 1;
  assertEquals(boundingBoxVoxels(mask), { min: [4, 3, 2], max: [5, 4, 3] });
  mask.data[1 + 5 * (2 + 4 * 1)] = 1;
  assertEquals(boundingBoxVoxels(mask), { min: [1, 2, 1], max: [5, 4, 3] });
});

Deno.test("unit and voxel coordinates are each other's inverse", () => {
  const shape = [10, 8, 16] as const;
  const unit = voxelsToUnit(box, shape);
  assertNear([...unit.min, ...unit.max], [0.1, 0.25, 0.1875, 0.4, 0.5, 0.5], 1e-15);
  const back = unitToVoxels(unit, shape);
  assertNear([...back.min, ...back.max], [...box.min, ...box.max], 1e-12);
});

Deno.test("overlaps of boxes, worked out by hand", () => {
  assertEquals(boxIou3(box, box), 1);
  assertEquals(boxIou3(box, { min: [2, 3, 4], max: [5, 5, 9] }), 8 / (30 + 30 - 8));
  assertEquals(boxIou3(box, { min: [4, 2, 3], max: [5, 4, 8] }), 0);
  assertEquals(boxIou3({ min: [1, 1, 1], max: [1, 1, 1] }, { min: [0, 0, 0], max: [0, 0, 0] }), 0);
  assertEquals(boxIou2({ min: [0, 0], max: [2, 3] }, { min: [1, 0], max: [3, 3] }), 3 / 9);
});

Deno.test("growBox() moves every face and stops at the border", () => {
  assertEquals(growBox(box, 0, 0, [9, 9, 9]), box);
  assertEquals(growBox(box, 0.5, 1, [9, 5, 9]), { min: [0, 0, 0], max: [6.5, 5, 9] });
  assertEquals(boxEdges({ min: [3, 1, 0], max: [1, 4, 5] }), [0, 3, 5]);
});

Deno.test("boundingBoxVoxels() of scattered voxels", () => {
  const random = new Random("box");
  for (let trial = 0; trial < 50; trial++) {
    const shape = [7, 5, 3] as const;
    const mask: Mask = { shape, affine: anyAffine, data: new Uint8Array(105) };
    const places = Array.from({ length: 1 + trial % 4 }, () => random.integer(105));
    for (const place of places) mask.data[place] = 1;
    const along = [
      places.map((place) => place % 7),
      places.map((place) => Math.floor(place / 7) % 5),
      places.map((place) => Math.floor(place / 35)),
    ];
    assertEquals(boundingBoxVoxels(mask), {
      min: along.map((list) => Math.min(...list)) as [number, number, number],
      max: along.map((list) => Math.max(...list) + 1) as [number, number, number],
    });
  }
});

Deno.test("aroundBoxes() is the smallest box that holds them all, on every axis", () => {
  const [a, b]: Box3[] = [
    { min: [0.1, 0.3, 0.5], max: [0.4, 0.6, 0.9] },
    { min: [0.2, 0.25, 0.55], max: [0.5, 0.5, 0.8] },
  ];
  assertEquals(aroundBoxes([a, b]), { min: [0.1, 0.25, 0.5], max: [0.5, 0.6, 0.9] });
  assertEquals(aroundBoxes([b]), b);
  assertThrows(() => aroundBoxes([]), RangeError);
});
