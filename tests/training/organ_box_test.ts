import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { RunConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import type { PreparedDataset } from "../../lib/dataset/case.ts";
import type { ManifestEntry, PreparedLabel } from "../../lib/dataset/manifest.ts";
import type { Organ } from "../../lib/dataset/organ.ts";
import { defaultSettings } from "../../lib/dataset/prepare.ts";
import { UserError } from "../../lib/errors.ts";
import {
  chooseRoiEdge,
  groundTruthRegion,
  organBox,
  organBoxOf,
  regionEdge,
} from "../../lib/training/organ_box.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import type { Triple } from "../../lib/volume/volume.ts";

const kidneys: Organ = { name: "kidneys", classes: [{ name: "kidneys", values: [2, 3] }] };
const spleen: Organ = { name: "spleen", classes: [{ name: "spleen", values: [1] }] };

function label(boxUnit: Box3): PreparedLabel {
  return { voxels: 1, volumeMm3: 1, boxUnit, pieces: 1 };
}

function entry(id: string, shape: Triple, boxes: Record<string, Box3>): ManifestEntry {
  const state = { sha256: "", bytes: 0, modifiedMs: 0 };
  return {
    id,
    subset: "training",
    modality: "ct",
    imagePath: "",
    labelPath: "",
    source: { image: state, labels: state },
    window: { low: 0, high: 1 },
    shape,
    spacingMm: [0.7, 0.7, 5],
    scanShape: shape,
    labels: Object.fromEntries(Object.entries(boxes).map(([value, box]) => [value, label(box)])),
  };
}

function prepared(entries: readonly ManifestEntry[]): PreparedDataset {
  return {
    dir: "",
    version: 1,
    name: "test",
    layout: "nnunet",
    isPhantom: false,
    labels: {},
    settings: defaultSettings,
    entries,
  } as PreparedDataset;
}

const right: Box3 = { min: [0.6, 0.3, 0.2], max: [0.8, 0.5, 0.4] };
const left: Box3 = { min: [0.1, 0.35, 0.25], max: [0.3, 0.45, 0.6] };

Deno.test("the box of an organ of two labels holds both", () => {
  const labels = entry("a", [8, 8, 8], { 2: right, 3: left }).labels;
  assertEquals(organBoxOf({ labels }, kidneys), { min: [0.1, 0.3, 0.2], max: [0.8, 0.5, 0.6] });
});

Deno.test("the box of an organ counts the labels that the case has, and classes alike", () => {
  const both: Organ = { name: "k", classes: [2, 3].map((v) => ({ name: `${v}`, values: [v] })) };
  const labels = entry("a", [8, 8, 8], { 1: right, 3: left }).labels;
  assertEquals(organBoxOf({ labels }, kidneys), left);
  assertEquals(organBoxOf({ labels }, both), left);
  assertEquals(organBoxOf({ labels: {} }, kidneys), null);
});

Deno.test("organBox() names the case that lacks the organ", () => {
  const cases = prepared([entry("a", [8, 8, 8], { 1: right })]);
  assertEquals(organBox(cases, "a", spleen), right);
  assertThrows(() => organBox(cases, "a", kidneys), Error, "case a has no kidneys");
  assertThrows(() => organBox(cases, "b", kidneys), UserError, "case b");
});

/** A configuration with cubes of 128 and the margins given. */
function config(changes: Partial<RunConfig["segmentor"]>, margin = { relative: 0, voxels: 0 }) {
  const { paper } = presets;
  return {
    ...paper,
    detector: { ...paper.detector, marginRelative: margin.relative, marginVoxels: margin.voxels },
    roiTraining: { ...paper.roiTraining, groundTruthMargin: true },
    segmentor: { ...paper.segmentor, ...changes },
  };
}

Deno.test("the ground truth's region is grown by the detector's margin only if configured", () => {
  const tight: Box3 = { min: [0.5, 0.25, 0.75], max: [0.75, 0.5, 1] };
  const grown = groundTruthRegion(tight, config({}, { relative: 0.125, voxels: 4 }));
  // 32 voxels of the cube on each axis: 4 of them for the share, 4 for the voxels; 8 / 128 each.
  const by = 8 / 128;
  for (const axis of [0, 1, 2] as const) {
    assertAlmostEquals(grown.min[axis], tight.min[axis] - by);
    assertAlmostEquals(grown.max[axis], Math.min(1, tight.max[axis] + by));
  }
  const { paper } = presets;
  assert(!paper.roiTraining.groundTruthMargin && paper.detector.marginVoxels > 0);
  assertEquals(groundTruthRegion(tight, paper), tight);
});

/** A case whose spleen has these edges in voxels of a scan of this shape. */
function withSpleen(id: string, shape: Triple, edges: Triple): ManifestEntry {
  const boxes = { 1: { min: [0, 0, 0], max: edges.map((n, i) => n / shape[i]) } };
  return entry(id, shape, boxes as unknown as Record<string, Box3>);
}

function edgeOf(cases: readonly ManifestEntry[], config: RunConfig): number {
  return chooseRoiEdge(prepared(cases), cases.map(({ id }) => id), spleen, config);
}

Deno.test("the cube's edge: Eq. 2 as written takes the largest cube that the region fills", () => {
  // 45 % of the axis: 57.6 voxels of the cube of 128, at least 2^(3-2) 16 = 32, below 64.
  const cases = [withSpleen("a", [200, 100, 40], [40, 45, 10])];
  assertEquals(edgeOf(cases, config({ edgeSpace: "cube", edgeRounding: "down" })), 32);
  assertEquals(edgeOf(cases, config({ edgeSpace: "cube", edgeRounding: "up" })), 64);
});

Deno.test("the cube's edge is measured on the axis that is longest in the chosen space", () => {
  // In the scan 60, 20 and 12 voxels; in the cube 15, 10 and 77 (12 of 20 slices).
  const cases = [withSpleen("a", [512, 256, 20], [60, 20, 12])];
  assertEquals(edgeOf(cases, config({ edgeSpace: "scan", edgeRounding: "down" })), 32);
  assertEquals(edgeOf(cases, config({ edgeSpace: "scan", edgeRounding: "up" })), 64);
  assertEquals(edgeOf(cases, config({ edgeSpace: "cube", edgeRounding: "down" })), 64);
});

Deno.test("V0 is the region's longest edge in voxels, and null without the organ", () => {
  const one = withSpleen("a", [512, 256, 20], [60, 20, 12]);
  assertAlmostEquals(regionEdge(one, spleen, config({ edgeSpace: "scan" }))!, 60);
  assertAlmostEquals(regionEdge(one, spleen, config({ edgeSpace: "cube" }))!, 128 * 12 / 20);
  assertEquals(regionEdge(one, kidneys, config({})), null);
  // Of a scan that was prepared at half its resolution, what is left of it counts.
  const halved: ManifestEntry = { ...one, scanShape: [256, 128, 10] };
  assertAlmostEquals(regionEdge(halved, spleen, config({ edgeSpace: "scan" }))!, 30);
});

Deno.test("the cube's edge: exactly a legal edge is that edge, both ways", () => {
  const cases = [withSpleen("a", [64, 64, 64], [32, 20, 20])];
  assertEquals(edgeOf(cases, config({ edgeSpace: "scan", edgeRounding: "down" })), 32);
  assertEquals(edgeOf(cases, config({ edgeSpace: "scan", edgeRounding: "up" })), 32);
});

Deno.test("the cube's edge stays in the range of the stages", () => {
  const small = [withSpleen("a", [256, 256, 256], [3, 4, 5])];
  const large = [withSpleen("a", [256, 256, 256], [100, 240, 90])];
  for (const edgeRounding of ["down", "up"] as const) {
    assertEquals(edgeOf(small, config({ edgeSpace: "scan", edgeRounding })), 16);
    assertEquals(edgeOf(large, config({ edgeSpace: "scan", edgeRounding })), 64);
  }
});

Deno.test("the cube's edge is the median case's, of the training cases only", () => {
  const cases = [10, 300, 40, 41, 12].map((edge, i) =>
    withSpleen(`${i}`, [320, 320, 320], [edge, 8, 8])
  );
  const down = config({ edgeSpace: "scan", edgeRounding: "down" });
  assertEquals(edgeOf(cases, down), 32);
  assertEquals(chooseRoiEdge(prepared(cases), ["0", "1", "4"], spleen, down), 16);
});

Deno.test("the cube's edge counts the margin that training adds", () => {
  const cases = [withSpleen("a", [128, 128, 128], [28, 20, 20])];
  const tight = config({ edgeSpace: "cube", edgeRounding: "down" });
  const grown = config({ edgeSpace: "cube", edgeRounding: "down" }, { relative: 0, voxels: 4 });
  assertEquals([edgeOf(cases, tight), edgeOf(cases, grown)], [16, 32]);
});

Deno.test("a configured edge is taken, whatever the organ, if a stage has it", () => {
  const cases = [withSpleen("a", [128, 128, 128], [100, 20, 20])];
  assertEquals(edgeOf(cases, config({ edge: 16 })), 16);
  const error = assertThrows(() => edgeOf(cases, config({ edge: 48 })), UserError);
  assert(error.message.includes("16, 32, 64") && error.message.includes("48"));
});
