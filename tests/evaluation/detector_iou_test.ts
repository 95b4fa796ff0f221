import { assertAlmostEquals, assertEquals } from "@std/assert";
import { roiCoverage, scoreDetection } from "../../lib/evaluation/detector_iou.ts";
import type { ViewBox } from "../../lib/detector/fusion.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import { projectBox, type ViewName, viewNames } from "../../lib/volume/projection.ts";
import { maskWhere } from "./masks.ts";

const organ: Box3 = { min: [0.2, 0.1, 0.5], max: [0.4, 0.5, 0.9] };

/** A detection whose views agree on a box, but for those that found nothing. */
function detectionOf(box: Box3, without: readonly ViewName[] = []) {
  const viewOf = (view: ViewName): ViewBox =>
    without.includes(view)
      ? { boxUnit: { min: [0, 0], max: [1, 1] }, confidence: [0, 0] }
      : { boxUnit: projectBox(box, view), confidence: [0.7, 0.6] };
  return { views: { xy: viewOf("xy"), yz: viewOf("yz"), xz: viewOf("xz") }, tightUnit: box };
}

Deno.test("scoreDetection() of a box that is too short along x and too long along z", () => {
  const found: Box3 = { min: [0.2, 0.1, 0.4], max: [0.3, 0.5, 0.9] };
  const score = scoreDetection(organ, detectionOf(found), [400, 300, 200]);
  assertAlmostEquals(score.iou2dByView.xy, 1 / 2, 1e-12);
  assertAlmostEquals(score.iou2dByView.yz, 4 / 5, 1e-12);
  assertAlmostEquals(score.iou2dByView.xz, 4 / (8 + 5 - 4), 1e-12);
  assertAlmostEquals(score.iou2d, (1 / 2 + 4 / 5 + 4 / 9) / 3, 1e-12);
  assertAlmostEquals(score.iou3d, 4 / (8 + 5 - 4), 1e-12);
  const expected = [[0, -40], [0, 0], [20, 0]];
  score.wallsMm.forEach((walls, axis) =>
    walls.forEach((wall, end) => assertAlmostEquals(wall, expected[axis][end], 1e-9))
  );
  assertAlmostEquals(score.wallErrorMm, 10, 1e-9);
});

Deno.test("scoreDetection() of a view that found nothing, and of nothing at all", () => {
  const score = scoreDetection(organ, detectionOf(organ, ["yz"]), [1, 1, 1]);
  assertAlmostEquals(score.iou2d, 2 / 3, 1e-12);
  assertEquals([score.iou2dByView.yz, score.iou3d], [0, 1]);
  const nothing = scoreDetection(organ, detectionOf(organ, viewNames), [40, 30, 20]);
  assertEquals([nothing.iou2d, nothing.iou3d], [0, 0]);
  // The walls of the whole volume: 0.2 and 0.6 of x, 0.1 and 0.5 of y, 0.5 and 0.1 of z away.
  assertAlmostEquals(nothing.wallErrorMm, (0.8 * 40 + 0.6 * 30 + 0.6 * 20) / 6, 1e-9);
});

Deno.test("scoreDetection() does not apply to a case without the organ", () => {
  const score = scoreDetection(null, detectionOf(organ), [1, 1, 1]);
  assertEquals([score.iou2d, score.iou3d, score.wallErrorMm], [NaN, NaN, NaN]);
});

Deno.test("roiCoverage() counts voxel centres", () => {
  const mask = maskWhere([4, 5, 6], [1, 2, 3], (x, _y, z) => x < 3 && z > 1);
  assertEquals(roiCoverage(mask, { min: [0, 0, 0], max: [1, 1, 1] }), 1);
  assertAlmostEquals(roiCoverage(mask, { min: [0.25, 0, 0.5], max: [1, 0.4, 1] }), 0.2, 1e-12);
  assertEquals(roiCoverage(mask, { min: [0.8, 0, 0], max: [1, 1, 1] }), 0);
  const empty = maskWhere([4, 5, 6], [1, 2, 3], () => false);
  assertEquals(roiCoverage(empty, { min: [0, 0, 0], max: [1, 1, 1] }), NaN);
});
