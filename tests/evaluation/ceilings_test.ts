import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { RunConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import {
  configCeilings,
  diceBudget,
  perfectLogits,
  regionCeilings,
  truncationCeiling,
} from "../../lib/evaluation/ceilings.ts";
import { overlap } from "../../lib/evaluation/overlap.ts";
import { Random } from "../../lib/random.ts";
import { pasteRoi, type RoiConfig, sampleRoiLabels } from "../../lib/segmentor/roi.ts";
import { type Box3, unitToVoxels, voxelsToUnit, wholeUnit } from "../../lib/volume/box.ts";
import { type LabelVolume, maskOfLabels, type Triple } from "../../lib/volume/volume.ts";
import { maskWhere } from "./masks.ts";

const spacing: Triple = [0.7, 1.1, 3];
const nearest: RoiConfig = { kernel: "linear", labels: "nearest", paste: "nearest" };
const soft: RoiConfig = { kernel: "area", labels: "soft", paste: "logits" };

/** Labels of value 4 where `inside` holds. */
function labelsWhere(shape: Triple, inside: (x: number, y: number, z: number) => boolean) {
  const mask = maskWhere(shape, spacing, inside);
  return { ...mask, data: Uint16Array.from(mask.data, (bit) => 4 * bit) };
}

/** The only class's ceilings in a box of voxels. */
function ceilings(truth: LabelVolume, box: Box3, edge: number, config: RoiConfig) {
  const roiUnit = voxelsToUnit(box, truth.shape);
  return regionCeilings(truth, [[4]], { roiUnit, edge, config })[0];
}

Deno.test("truncation: what lies outside the box is lost, by the share of voxels", () => {
  // A cuboid of 12 x 6 x 4 voxels, of which a box leaves 9 x 6 x 3.
  const truth = labelsWhere(
    [20, 14, 10],
    (x, y, z) => x >= 3 && x < 15 && y >= 4 && y < 10 && z >= 2 && z < 6,
  );
  const share = 9 * 3 / (12 * 4);
  for (const config of [nearest, soft]) {
    const { truncation, both } = ceilings(truth, { min: [6, 1, 3], max: [18, 13, 9] }, 32, config);
    assertAlmostEquals(truncation, 2 * share / (1 + share), 1e-12);
    assert(both <= truncation + 1e-12);
  }
  assertEquals(truncationCeiling(maskOfLabels(truth, [4]), wholeUnit), 1);
});

Deno.test("a cube whose cells are the voxels loses nothing, even of noise", () => {
  const random = new Random("noise");
  const truth = labelsWhere([20, 19, 18], () => random.chance(0.3));
  for (const config of [nearest, soft]) {
    const { sampling } = ceilings(truth, { min: [2, 1, 0], max: [18, 17, 16] }, 16, config);
    assertAlmostEquals(sampling, 1, 1e-12);
  }
});

Deno.test("nearest neighbour misses a thin plate, or makes it as thick as a cell", () => {
  // Cells of 4 voxels along x, read at voxel 2 of each.
  const box: Box3 = { min: [0, 0, 0], max: [32, 8, 8] };
  const missed = ceilings(labelsWhere([32, 8, 8], (x) => x === 13), box, 8, nearest);
  assertEquals([missed.sampling, missed.both], [0, 0]);
  const thick = ceilings(labelsWhere([32, 8, 8], (x) => x === 14), box, 8, nearest);
  assertAlmostEquals(thick.sampling, 2 * 1 / (1 + 4), 1e-12);
});

Deno.test("an ellipsoid: soft beats nearest while cells are larger than voxels", () => {
  const shape: Triple = [60, 44, 26];
  const inside = (x: number, y: number, z: number) =>
    Math.hypot((x - 31) / 21, (y - 20.5) / 14, (z - 12) / 8) < 1;
  const truth = labelsWhere(shape, inside);
  const box: Box3 = { min: [7.3, 4.1, 2.6], max: [55.2, 37.4, 22.1] };
  const [near, smooth] = [nearest, soft].map((config) =>
    [16, 32, 64].map((edge) => ceilings(truth, box, edge, config).sampling)
  );
  assert(near[0] < 0.95 && near[0] < near[1] && near[1] < near[2], String(near));
  assert(smooth[0] > 0.98 && smooth[1] > near[1], String(smooth));
  // The box has 48 voxels at most: no voxel lacks a cell of its own.
  assertAlmostEquals(near[2], 1, 1e-12);
  assertAlmostEquals(smooth[2], 1, 1e-12);
});

Deno.test("the counts are those of whole masks compared the slow way", () => {
  const shape: Triple = [17, 12, 9];
  const labelAt = (x: number, y: number) => x < 6 ? 1 : y < 5 ? 0 : x < 12 ? 3 : 2;
  const truth: LabelVolume = {
    ...maskWhere(shape, spacing, () => false),
    data: Uint16Array.from({ length: 17 * 12 * 9 }, (_, i) => labelAt(i % 17, (i / 17 | 0) % 12)),
  };
  const classes = [[3], [1, 2]];
  const roiUnit: Box3 = { min: [0.11, 0.22, -0.1], max: [0.87, 1.2, 0.66] };
  for (const config of [nearest, soft]) {
    const target = sampleRoiLabels(truth, classes, roiUnit, 16, config);
    const found = pasteRoi(perfectLogits(target, 3), 16, roiUnit, truth, config);
    const box = unitToVoxels(roiUnit, shape);
    const region = maskWhere(
      shape,
      spacing,
      (...at) => at.every((v, axis) => v + 0.5 >= box.min[axis] && v + 0.5 < box.max[axis]),
    );
    const all = regionCeilings(truth, classes, { roiUnit, edge: 16, config });
    assertEquals(all.length, 2);
    classes.forEach((values, i) => {
      const whole = maskOfLabels(truth, values);
      const inside = { ...whole, data: whole.data.map((bit, at) => bit & region.data[at]) };
      const result = maskOfLabels(found, [i + 1]);
      assertAlmostEquals(all[i].truncation, overlap(whole, inside).dice, 1e-12);
      assertAlmostEquals(all[i].sampling, overlap(inside, result).dice, 1e-12);
      assertAlmostEquals(all[i].both, overlap(whole, result).dice, 1e-12);
      assert(all[i].both > 0.3 && all[i].both <= all[i].truncation + 1e-12);
    });
  }
});

Deno.test("a configuration's own way: its margin, its copy of the scan, its sampling", () => {
  const shape: Triple = [90, 80, 70];
  const centre: Triple = [30, 44, 36];
  const inside = (...at: number[]) => Math.hypot(...at.map((v, axis) => v - centre[axis])) < 11.4;
  const truth = labelsWhere(shape, inside);
  const organ = { name: "ball", classes: [{ name: "ball", values: [4] }] };
  const boxUnit = voxelsToUnit({ min: [19, 33, 25], max: [42, 56, 48] }, shape);
  const way = (preset: "paper" | "focus", changes: Partial<RunConfig> = {}) =>
    configCeilings(truth, organ, boxUnit, 16, { ...presets[preset], ...changes })[0];
  const [paper, focus, coarse] = [way("paper"), way("focus"), way("paper", { cubeEdge: 24 })];
  assertEquals([paper.truncation, focus.truncation], [1, 1]);
  assert(focus.both > 0.98 && paper.both < 0.94, `${focus.both} ${paper.both}`);
  // The margin of 12 voxels is half of such a cube, and the copy has lost the ball's shape.
  assert(coarse.both < paper.both);
  const { detector } = presets.paper;
  const tight = way("paper", { detector: { ...detector, marginVoxels: 0 } });
  assert(tight.both > paper.both, `${tight.both} > ${paper.both}`);
});

Deno.test("a class that is not there, or not in the region, has no ceiling", () => {
  const truth = labelsWhere([10, 9, 8], (x) => x < 2);
  const options = { roiUnit: wholeUnit, edge: 16, config: soft };
  const [{ truncation, sampling, both }] = regionCeilings(truth, [[7]], options);
  assertEquals([truncation, sampling, both], [NaN, NaN, NaN]);
  const away = ceilings(truth, { min: [4, 0, 0], max: [10, 9, 8] }, 16, soft);
  assertEquals(away, { truncation: 0, sampling: NaN, both: 0 });
});

Deno.test("a budget says where the Dice score went", () => {
  const budget = diceBudget(0.8, { truncation: 0.95, both: 0.94 });
  assertAlmostEquals(budget.lostToTruncation, 0.05, 1e-12);
  assertAlmostEquals(budget.lostToSampling, 0.01, 1e-12);
  assertAlmostEquals(budget.lostToNetwork, 0.14, 1e-12);
});
