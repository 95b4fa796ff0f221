import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  addMargin,
  axisEstimates,
  fuseViews,
  joinBoxes,
  type ViewBox,
} from "../../lib/detector/fusion.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import { projectBox, viewNames } from "../../lib/volume/projection.ts";

function view(
  horizontal: readonly [number, number],
  vertical: readonly [number, number],
  confidence: readonly [number, number] = [1, 1],
): ViewBox {
  const boxUnit = {
    min: [horizontal[0], vertical[0]],
    max: [horizontal[1], vertical[1]],
  } as const;
  return { boxUnit, confidence };
}

function assertBox(actual: Box3, expected: Box3): void {
  for (const axis of [0, 1, 2]) {
    assertAlmostEquals(actual.min[axis], expected.min[axis], 1e-12);
    assertAlmostEquals(actual.max[axis], expected.max[axis], 1e-12);
  }
}

Deno.test("fusion: views that agree give the box back", () => {
  const box: Box3 = { min: [0.1, 0.2, 0.3], max: [0.4, 0.6, 0.8] };
  const [xy, yz, xz] = viewNames.map((name): ViewBox => ({
    boxUnit: projectBox(box, name),
    confidence: [0.3, 0.7],
  }));
  assertBox(fuseViews({ xy, yz, xz }), box);
});

Deno.test("fusion: equal confidences give the plain mean of two views", () => {
  const fused = fuseViews({
    xy: view([0.1, 0.5], [0.2, 0.6], [0.4, 0.4]),
    yz: view([0.4, 0.8], [0.0, 0.5], [0.4, 0.4]),
    xz: view([0.3, 0.9], [0.2, 0.7], [0.4, 0.4]),
  });
  assertBox(fused, { min: [0.2, 0.3, 0.1], max: [0.7, 0.7, 0.6] });
});

Deno.test("fusion: a wall is drawn to the view that is surer of its axis", () => {
  const fused = fuseViews({
    xy: view([0.1, 0.5], [0.2, 0.6], [0.9, 0.2]),
    yz: view([0.4, 0.8], [0.0, 0.5], [0.6, 1]),
    xz: view([0.5, 0.9], [0.9, 1.0], [0.3, 0]),
  });
  assertBox(fused, { min: [0.2, 0.35, 0], max: [0.6, 0.75, 0.5] });
});

Deno.test("fusion: an axis that no view found is taken whole, or as told", () => {
  const blind = view([0, 1], [0, 1], [0, 0]);
  assertBox(fuseViews({ xy: blind, yz: blind, xz: blind }), { min: [0, 0, 0], max: [1, 1, 1] });
  const fused = fuseViews({ xy: view([0.2, 0.4], [0.6, 0.7]), yz: blind, xz: blind });
  assertBox(fused, { min: [0.2, 0.6, 0], max: [0.4, 0.7, 1] });
  const usual: Box3 = { min: [0.3, 0.1, 0.25], max: [0.5, 0.2, 0.75] };
  assertBox(
    fuseViews({ xy: view([0.2, 0.4], [0.6, 0.7]), yz: blind, xz: blind }, usual),
    { min: [0.2, 0.6, 0.25], max: [0.4, 0.7, 0.75] },
  );
});

Deno.test("margin: relative to the box, then voxels of the cube, cut off at its faces", () => {
  const grown = addMargin({ min: [0.5, 0.1, 0.9], max: [0.7, 0.5, 1] }, [100, 50, 20], {
    marginRelative: 0.1,
    marginVoxels: 2,
  });
  assertBox(grown, { min: [0.46, 0.02, 0.79], max: [0.74, 0.58, 1] });
});

Deno.test("margin: none leaves the box alone", () => {
  const box: Box3 = { min: [0.25, 0.125, 0.5], max: [0.75, 0.5, 1] };
  assertBox(addMargin(box, [64, 32, 16], { marginRelative: 0, marginVoxels: 0 }), box);
});

Deno.test("margin: a box without volume becomes a voxel", () => {
  const flat: Box3 = { min: [0.5, 0, 1], max: [0.5, 0.01, 1] };
  const grown = addMargin(flat, [10, 10, 10], { marginRelative: 0, marginVoxels: 0 });
  assertBox(grown, { min: [0.45, 0, 0.9], max: [0.55, 0.1, 1] });
});

Deno.test("fusion: each axis is seen by two views, as columns or rows", () => {
  const boxes = {
    xy: view([0.1, 0.2], [0.3, 0.4], [0.5, 0.6]),
    yz: view([0.31, 0.41], [0.51, 0.61], [0.7, 0.8]),
    xz: view([0.11, 0.21], [0.5, 0.6], [0.9, 1]),
  };
  assertEquals(axisEstimates(boxes, 0), [
    { view: "xy", min: 0.1, max: 0.2, confidence: 0.5 },
    { view: "xz", min: 0.11, max: 0.21, confidence: 0.9 },
  ]);
  assertEquals(axisEstimates(boxes, 1), [
    { view: "xy", min: 0.3, max: 0.4, confidence: 0.6 },
    { view: "yz", min: 0.31, max: 0.41, confidence: 0.7 },
  ]);
  assertEquals(axisEstimates(boxes, 2), [
    { view: "yz", min: 0.51, max: 0.61, confidence: 0.8 },
    { view: "xz", min: 0.5, max: 0.6, confidence: 1 },
  ]);
});

Deno.test("joinBoxes() is the box around all that were found, with their mean confidence", () => {
  const left = { boxUnit: { min: [0.1, 0.3], max: [0.2, 0.5] }, confidence: [0.8, 0.6] } as const;
  const right = { boxUnit: { min: [0.6, 0.2], max: [0.9, 0.4] }, confidence: [0.4, 1] } as const;
  const nothing = { boxUnit: { min: [0, 0], max: [1, 1] }, confidence: [0, 0] } as const;
  const { boxUnit, confidence } = joinBoxes([left, nothing, right]);
  assertEquals(boxUnit, { min: [0.1, 0.2], max: [0.9, 0.5] });
  assertAlmostEquals(confidence[0], 0.6, 1e-12);
  assertAlmostEquals(confidence[1], 0.8, 1e-12);
  assertEquals(joinBoxes([nothing, right]), right);
  assertEquals(joinBoxes([nothing, nothing]), nothing);
});
