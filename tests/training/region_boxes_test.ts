import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import { Random } from "../../lib/random.ts";
import { drawFallback, drawRegion, jitterBox } from "../../lib/training/region_boxes.ts";
import type { Box3 } from "../../lib/volume/box.ts";

/** Three edges that no mix-up of axes leaves alone: 0.1, 0.3, 0.6. */
const box: Box3 = { min: [0.4, 0.1, 0.25], max: [0.5, 0.4, 0.85] };

function draws(count: number, faceJitter: number, of: Box3 = box, faceJitterLimit = 1): Box3[] {
  const random = new Random("jitter");
  return Array.from(
    { length: count },
    () => jitterBox(of, { faceJitter, faceJitterLimit }, random),
  );
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

Deno.test("without jitter a box stays as it is", () => {
  for (const faceJitterLimit of [0, 0.05, 1]) {
    assertEquals(jitterBox(box, { faceJitter: 0, faceJitterLimit }, new Random(1)), box);
  }
});

Deno.test("equal generators give equal boxes, and a generator's draws differ", () => {
  assertEquals(draws(5, 0.08), draws(5, 0.08));
  const [first, second] = draws(2, 0.08);
  assertNotEquals(first, second);
});

Deno.test("each face moves on its own, by a share of its own axis' edge", () => {
  const boxes = draws(4000, 0.08);
  const edges = [0.1, 0.3, 0.6];
  const spreadOf = 0.08 * Math.sqrt(4 / 3); // of a normal whose deviation is uniform in 0 .. 0.16
  for (const axis of [0, 1, 2] as const) {
    const lows = boxes.map(({ min }) => min[axis]);
    const highs = boxes.map(({ max }) => max[axis]);
    assertAlmostEquals(deviation(lows) / edges[axis], spreadOf, 0.005);
    assertAlmostEquals(deviation(highs) / edges[axis], spreadOf, 0.005);
    // Independent faces: the variances of both add up in the edge.
    const spread = deviation(boxes.map(({ min, max }) => max[axis] - min[axis]));
    assertAlmostEquals(spread / edges[axis], spreadOf * Math.SQRT2, 0.007);
  }
});

Deno.test("faces of long edges are moved by no more than the limit's share of the volume", () => {
  const boxes = draws(4000, 0.2, box, 0.04); // the edges of 0.3 and 0.6 are past 0.04 / 0.2
  [0.02, 0.04, 0.04].forEach((by, axis) => {
    const spreadOf = by * Math.sqrt(4 / 3); // of a normal whose deviation is uniform in 0 .. 2 by
    assertAlmostEquals(deviation(boxes.map(({ min }) => min[axis])) / spreadOf, 1, 0.07);
    assertAlmostEquals(deviation(boxes.map(({ max }) => max[axis])) / spreadOf, 1, 0.07);
  });
});

Deno.test("most boxes are moved little and a few far: all faces of a box share its strength", () => {
  const moves = draws(4000, 0.08).map(({ min, max }) =>
    [0, 1, 2].flatMap((axis) =>
      [min[axis] - box.min[axis], max[axis] - box.max[axis]].map(
        (by) => Math.abs(by) / (box.max[axis] - box.min[axis]),
      )
    )
  );
  const means = moves.map((six) => six.reduce((sum, by) => sum + by, 0) / 6).toSorted((a, b) =>
    a - b
  );
  // With one strength for all boxes the mean of six would lie within 0.3 .. 1.9 times its median.
  assert(means[400] < 0.3 * means[2000] && means[3600] > 1.6 * means[2000], `${means[400]}`);
});

Deno.test("however strong the jitter, boxes stay in the volume and keep a quarter of each edge", () => {
  const border: Box3 = { min: [0, 0.9, 0.02], max: [0.3, 1, 1] };
  for (const { min, max } of draws(3000, 1.5, border)) {
    for (const axis of [0, 1, 2] as const) {
      assert(min[axis] >= 0 && max[axis] <= 1);
      assert(max[axis] - min[axis] >= 0.25 * (border.max[axis] - border.min[axis]));
    }
  }
});

Deno.test("fine-tuning draws the ground truth's region as often as configured", () => {
  const detected: Box3 = { min: [0.6, 0.6, 0.6], max: [0.7, 0.8, 0.9] };
  const config = { ...presets.focus.roiTraining, faceJitter: 0 };
  const share = (groundTruthShare: number) => {
    const random = new Random(2);
    const regions = Array.from(
      { length: 2000 },
      () => drawRegion({ groundTruth: box, detected }, { ...config, groundTruthShare }, random),
    );
    assert(regions.every(({ min }) => min[0] === 0.4 || min[0] === 0.6));
    return regions.filter(({ min }) => min[0] === 0.4).length / regions.length;
  };
  assertEquals([share(0), share(1)], [0, 1]);
  assertAlmostEquals(share(0.3), 0.3, 0.03);
});

Deno.test("the detector's regions are jittered as well", () => {
  const config = { ...presets.focus.roiTraining, groundTruthShare: 0, faceJitter: 0.1 };
  const region = drawRegion({ groundTruth: box, detected: box }, config, new Random(3));
  assertNotEquals(region, box);
});

Deno.test("some samples show the region that an unusual detection would get", () => {
  const config = {
    cubeEdge: 100,
    detector: { ...presets.focus.detector, marginRelative: 0.1, marginVoxels: 0 },
    roiTraining: { ...presets.focus.roiTraining, fallbackShare: 0.25 },
  };
  const outer: Box3 = { min: [0.3, 0.2, 0.25], max: [0.6, 0.3, 0.75] };
  const usual = { outer, inner: outer };
  const region: Box3 = { min: [0, 0, 0], max: [1, 1, 1] };
  const random = new Random("fallback");
  const drawn = Array.from(
    { length: 2000 },
    () => drawFallback(region, box, usual, config, random),
  );
  const others = drawn.filter((one) => one !== region);
  assertAlmostEquals(others.length / 2000, 0.25, 0.03);
  // The hull of both is 0.3 .. 0.6, 0.1 .. 0.4, 0.25 .. 0.85, and a tenth more on each side.
  others[0].min.forEach((value, i) => assertAlmostEquals(value, [0.27, 0.07, 0.19][i], 1e-9));
  others[0].max.forEach((value, i) => assertAlmostEquals(value, [0.63, 0.43, 0.91][i], 1e-9));
  assertEquals(drawFallback(region, box, undefined, config, random), region);
});
