import { assert, assertEquals } from "@std/assert";
import type { SegmentorConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import { boxPrior } from "../../lib/detector/box_prior.ts";
import { type Detection, Detector } from "../../lib/detector/detector.ts";
import { ScanSegmenter } from "../../lib/evaluation/segment_scan.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Segmentor } from "../../lib/segmentor/segmentor.ts";
import * as tf from "../../lib/tf.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";
import {
  boundingBoxVoxels,
  type Box3,
  boxIou3,
  unitToVoxels,
  voxelsToUnit,
  wholeUnit,
} from "../../lib/volume/box.ts";
import type { Mask, Triple, Volume } from "../../lib/volume/volume.ts";

const shape: Triple = [24, 12, 8];
const affine = scaleAndShift([1, 2, 5], [-7, 3, 11]);
/** 16, 8 and 4 voxels: a cube of 16 has 1, 2 and 4 cells for a voxel. */
const region: Box3 = { min: [3, 2, 1], max: [19, 10, 5] };
const regionUnit = voxelsToUnit(region, shape);

type Inside = (x: number, y: number, z: number) => boolean;

/** Bright where it says, half in the region, with no symmetry. */
const organ: Inside = (x, y, z) => x >= 5 && x < 12 && y >= 4 && y < 12 && z >= 2 && z < 4;
const spot: Inside = (x, y, z) => x >= 15 && x < 17 && y === 3 && z === 1;

function paint(value: (x: number, y: number, z: number) => number): Volume {
  const [width, height, depth] = shape;
  const data = new Float32Array(width * height * depth);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(i % width, Math.floor(i / width) % height, Math.floor(i / (width * height)));
  }
  return { shape, affine, data };
}

const inRegion: Inside = (x, y, z) => x >= 3 && x < 19 && y >= 2 && y < 10 && z >= 1 && z < 5;
const bright = paint((...at) => organ(...at) || spot(...at) ? 1 : 0);
const brightMask: Mask = { shape, affine, data: Uint8Array.from(bright.data) };
const dark = paint(() => 0);

/** A segmentor that calls bright what is bright; with two classes, class 2 what is very bright. */
class StubSegmentor extends Segmentor {
  readonly edges: number[] = [];
  override apply(image: tf.Tensor5D): tf.Tensor5D {
    this.edges.push(image.shape[1]);
    if (this.outputs === 1) return image.sub(0.5);
    const isIn = (low: number, high: number) =>
      image.greater(low).logicalAnd(image.lessEqual(high)).toFloat() as tf.Tensor5D;
    return tf.concat([isIn(-1, 0.3), isIn(0.3, 0.7), isIn(0.7, 2)], 4);
  }
}

function build(
  changes: Partial<SegmentorConfig>,
  classes = 1,
  pieces: readonly number[] | null = null,
) {
  const config: SegmentorConfig = {
    ...presets.tiny.segmentor,
    kernel: "linear",
    passes: 1,
    largestComponent: false,
    ...changes,
  };
  const parameters = new Parameters(0);
  const segmentor = new StubSegmentor(parameters, config, classes);
  const [model, phase] = ["segmentor" as const, "segmentor" as const];
  const cubes = { edge: 16, searchEdge: 16 };
  return { model, segmentor, parameters, config, ...cubes, phase, pieces, usualMm3: null };
}

class FixedDetector extends Detector {
  region = regionUnit;
  asked: Volume[] = [];
  override detect(cubeImage: Volume): Promise<Detection> {
    this.asked.push(cubeImage);
    const view = { boxUnit: { min: [0, 0], max: [1, 1] } as const, confidence: [1, 1] as const };
    const views = { xy: view, yz: view, xz: view };
    return Promise.resolve({ views, tightUnit: wholeUnit, isUsual: true, roiUnit: this.region });
  }
}

Deno.test("the result lies where the region's voxels are, on every axis, and nowhere else", async () => {
  for (const paste of ["logits", "nearest"] as const) {
    const loaded = build({ paste, source: "scan" });
    const segmenter = new ScanSegmenter(loaded, null);
    const before = tf.memory().numTensors;
    const images = { scanImage: bright, cubeImage: dark };
    const found = await segmenter.segment(images, regionUnit);
    const labels = segmenter.paste(found, bright);
    assertEquals(tf.memory().numTensors, before);
    const expected = paint((...at) => inRegion(...at) && bright.data[indexOf(...at)] ? 1 : 0);
    assert(expected.data.some((value, i) => value !== bright.data[i]), "region cuts the organ");
    assertEquals([...labels.data], [...expected.data], paste);
    assertEquals([labels.shape, labels.affine], [shape, affine]);
    assertEquals([found.roiUnit, found.edge, found.stage], [regionUnit, 16, 3]);
    assertEquals([loaded.segmentor.edges, found.detection], [[16], null]);
    assertEquals(Object.keys(found.timesMs), ["crop", "segment"]);
    loaded.parameters.dispose();
  }
});

function indexOf(x: number, y: number, z: number): number {
  return x + shape[0] * (y + shape[1] * z);
}

Deno.test("a volume that no training case has lets all usual places be looked at", async () => {
  const images = { scanImage: bright, cubeImage: bright };
  // The spot alone: 2 voxels of 10 mm3, where the organ has 7 x 8 x 2, half of them in the region.
  const misled = voxelsToUnit({ min: [13, 1, 0], max: [20, 5, 2] }, shape);
  const prior = boxPrior([regionUnit]);
  const detectorOf = (known: boolean) => {
    const { tiny: { detector: config } } = presets;
    const detector = new FixedDetector(config, 0, undefined, known ? prior : undefined);
    detector.region = misled;
    return detector;
  };
  const regionOf = async (usualMm3: { min: number; max: number } | null, known = true) => {
    const loaded = { ...build({ source: "scan", passes: 2 }), usualMm3 };
    const detector = detectorOf(known);
    const { roiUnit, passes } = await new ScanSegmenter(loaded, detector).segment(images);
    assertEquals(passes, loaded.segmentor.edges.length, "those of the second look count");
    loaded.parameters.dispose();
    detector.dispose();
    return boxIou3(roiUnit, regionUnit) > 0.2 ? "usual" : "misled";
  };
  assertEquals(await regionOf({ min: 500, max: 1500 }), "usual");
  assertEquals(await regionOf({ min: 10, max: 40 }), "misled", "the spot's volume is usual");
  assertEquals(await regionOf({ min: 5000, max: 9000 }), "misled", "neither is: the first counts");
  assertEquals(await regionOf(null), "misled");
  assertEquals(await regionOf({ min: 500, max: 1500 }, false), "misled", "no usual place is known");
});

/** What is bright has a logit of 5, what is less so of 1.5. */
class SureSegmentor extends StubSegmentor {
  override apply(image: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => super.apply(image).mul(10));
  }
}

Deno.test("an organ that has grown together with what it is mistaken for is looked for apart", async () => {
  // 7 x 4 x 2 voxels, joined by a weak bridge to 4 x 9 x 5 others.
  const organ: Inside = (x, y, z) => x >= 4 && x < 11 && y >= 3 && y < 7 && z >= 1 && z < 3;
  const cyst: Inside = (x, y, z) => x >= 14 && x < 18 && y >= 2 && y < 11 && z >= 1 && z < 6;
  const bridge: Inside = (x, y, z) => x >= 11 && x < 14 && y >= 4 && y < 6 && z >= 1 && z < 3;
  const joined = paint((...at) => organ(...at) || cyst(...at) ? 1 : bridge(...at) ? 0.65 : 0);
  const organUnit = voxelsToUnit({ min: [4, 3, 1], max: [11, 7, 3] }, shape);
  const config = { ...presets.tiny.detector, marginRelative: 0, marginVoxels: 1 };
  const prior = boxPrior([voxelsToUnit({ min: [3, 1, 0], max: [20, 12, 7] }, shape)]);
  const regionOf = async (usualMm3: { min: number; max: number }) => {
    const loaded = { ...build({ source: "scan", passes: 2 }), usualMm3 };
    const segmentor = new SureSegmentor(new Parameters(0), loaded.config, 1);
    const detector = new FixedDetector(config, 0, undefined, prior);
    detector.region = voxelsToUnit({ min: [12, 0, 0], max: [20, 12, 8] }, shape);
    const { roiUnit } = await new ScanSegmenter({ ...loaded, segmentor }, detector)
      .segment({ scanImage: joined, cubeImage: joined });
    loaded.parameters.dispose();
    detector.dispose();
    return roiUnit;
  };
  const voxelMm3 = 10; // of a usual 40 to 70; all have 248, the cyst alone 180
  const apart = await regionOf({ min: 40 * voxelMm3, max: 70 * voxelMm3 });
  assert(boxIou3(apart, organUnit) > 0.2, JSON.stringify(apart));
  assert(apart.max[0] < 14 / 24, "the cyst is left out");
  const asFound = await regionOf({ min: 1000 * voxelMm3, max: 2000 * voxelMm3 });
  assert(asFound.max[0] > 17 / 24, "no piece has that volume: the first result counts");
});

Deno.test("the image is the scan's or the cube's, as configured", async () => {
  for (const source of ["scan", "cube"] as const) {
    const loaded = build({ source });
    const segmenter = new ScanSegmenter(loaded, null);
    const images = { scanImage: dark, cubeImage: bright };
    const labels = segmenter.paste(await segmenter.segment(images, regionUnit), bright);
    assertEquals(labels.data.includes(1), source === "cube");
    loaded.parameters.dispose();
  }
});

Deno.test("a result goes into any grid of the same extent", async () => {
  const loaded = build({ source: "scan", paste: "nearest" });
  const segmenter = new ScanSegmenter(loaded, null);
  const images = { scanImage: bright, cubeImage: dark };
  const found = await segmenter.segment(images, regionUnit);
  const target = {
    shape: [48, 36, 8] as Triple,
    affine: scaleAndShift([0.5, 2 / 3, 5], [0, 0, 0]),
  };
  const fine = segmenter.paste(found, target);
  const coarse = segmenter.paste(found, bright);
  fine.data.forEach((value, i) => {
    const [x, y, z] = [i % 48, Math.floor(i / 48) % 36, Math.floor(i / (48 * 36))];
    assertEquals(value, coarse.data[indexOf(Math.floor(x / 2), Math.floor(y / 3), z)]);
  });
  loaded.parameters.dispose();
});

Deno.test("the detector gives the region where none is given; it sees the cube", async () => {
  const loaded = build({ source: "scan" });
  const detector = new FixedDetector(presets.tiny.detector, 0);
  const segmenter = new ScanSegmenter(loaded, detector);
  const images = { scanImage: bright, cubeImage: dark };
  const found = await segmenter.segment(images);
  assertEquals([found.roiUnit, detector.asked], [regionUnit, [dark]]);
  assertEquals(found.detection?.tightUnit, wholeUnit);
  const given = await segmenter.segment(images, wholeUnit);
  assertEquals([given.roiUnit, given.detection, detector.asked.length], [wholeUnit, null, 1]);
  const whole = await new ScanSegmenter(loaded, null).segment(images);
  assertEquals([whole.roiUnit, whole.detection], [wholeUnit, null]);
  detector.dispose();
  loaded.parameters.dispose();
});

Deno.test("a detected region is segmented again around what was found, until it holds still", async () => {
  const roomy: Box3 = { min: [0, 0, 0], max: [1, 1, 1] };
  const images = { scanImage: bright, cubeImage: dark };
  const boxes: Box3[] = [];
  for (const passes of [1, 2, 5]) {
    const loaded = build({ source: "scan", passes });
    const detector = new FixedDetector({ ...presets.tiny.detector, marginVoxels: 1 }, 0);
    detector.region = roomy;
    const found = await new ScanSegmenter(loaded, detector).segment(images);
    boxes.push(found.roiUnit);
    assertEquals(loaded.segmentor.edges.length <= passes, true);
    assertEquals(found.passes, loaded.segmentor.edges.length);
    assertEquals(loaded.segmentor.edges.length > 1, passes > 1);
    if (passes === 1) assertEquals([found.roiUnit, found.tightUnit], [roomy, wholeUnit]);
    // A ground-truth region is what it is, and so is the whole volume.
    const given = await new ScanSegmenter(loaded, detector).segment(images, regionUnit);
    assertEquals([given.roiUnit, given.tightUnit], [regionUnit, null]);
    detector.dispose();
    loaded.parameters.dispose();
  }
  const truth = voxelsToUnit(boundingBoxVoxels(brightMask)!, shape);
  const ious = boxes.map((box) => boxIou3(box, truth));
  assert(ious[1] > ious[0] && ious[2] >= ious[1] - 0.05, `${ious}`);
});

Deno.test("the first of several passes searches in a smaller cube, the others in the organ's own", async () => {
  const noMargin = { ...presets.tiny.detector, marginRelative: 0, marginVoxels: 0 };
  const look = async (passes: number, inside: Inside, detected = wholeUnit, margin = noMargin) => {
    const loaded = { ...build({ source: "scan", passes }), edge: 32 };
    const detector = new FixedDetector(margin, 0);
    detector.region = detected;
    const { edge, stage, searches, roiUnit } = await new ScanSegmenter(loaded, detector)
      .segment({ scanImage: paint((...at) => inside(...at) ? 1 : 0), cubeImage: dark });
    detector.dispose();
    loaded.parameters.dispose();
    return { edges: loaded.segmentor.edges, edge, stage, searches, roiUnit };
  };
  const { tiny: { detector: withMargin } } = presets;
  const one = await look(1, organ);
  assertEquals([one.edges, one.edge, one.stage, one.searches], [[32], 32, 2, 0]);
  const two = await look(2, organ, wholeUnit, withMargin);
  assertEquals([two.edges, two.edge, two.stage, two.searches], [[16, 32], 32, 2, 1]);
  // The organ reaches out of the region that was detected: what the search saw of it moves it once, and
  // what the second pass saw once more.
  const cut = voxelsToUnit({ min: [4, 4, 2], max: [7, 12, 4] }, shape);
  const three = await look(3, organ, cut, withMargin);
  assertEquals([three.edges, three.edge, three.searches], [[16, 32, 32], 32, 1]);
  // A search that moves nothing, or finds nothing, is followed by one pass.
  const still = await look(5, inRegion, regionUnit);
  assertEquals([still.edges, still.edge, still.searches], [[16, 32], 32, 1]);
  assert(boxIou3(still.roiUnit, regionUnit) > 0.95);
  const nothing = await look(5, () => false, regionUnit);
  assertEquals([nothing.edges, nothing.roiUnit], [[16, 32], regionUnit]);
});

Deno.test("a pass that finds nothing, or has lost the organ, does not count", async () => {
  const loaded = build({ source: "scan", passes: 4 });
  const detector = new FixedDetector(presets.tiny.detector, 0);
  detector.region = wholeUnit;
  const found = await new ScanSegmenter(loaded, detector)
    .segment({ scanImage: dark, cubeImage: dark });
  assertEquals([found.roiUnit, loaded.segmentor.edges.length], [wholeUnit, 1]);
  detector.dispose();
  loaded.parameters.dispose();
});

Deno.test("of each class the largest piece is kept where configured", async () => {
  // Class 1 has pieces of 16 and 2 voxels, class 2 of 6 and 24; cells of the cube are voxels.
  const pieces = (x: number, y: number, z: number): number => {
    if (x >= 3 && x < 7 && y >= 2 && y < 6 && z === 1) return 0.5;
    if (x >= 14 && x < 16 && y === 9 && z === 4) return 0.5;
    if (x >= 3 && x < 6 && y >= 8 && y < 10 && z === 13) return 1;
    if (x >= 10 && x < 14 && y >= 3 && y < 6 && z >= 8 && z < 10) return 1;
    return 0;
  };
  const cube: Triple = [16, 16, 16];
  const data = new Float32Array(16 ** 3);
  const at = (x: number, y: number, z: number) => x + 16 * (y + 16 * z);
  for (let i = 0; i < data.length; i++) {
    data[i] = pieces(i % 16, Math.floor(i / 16) % 16, Math.floor(i / 256));
  }
  const scanImage = { shape: cube, affine, data };
  for (
    const [most, expected] of [[null, [18, 30]], [[1, 1], [16, 24]], [[2, 1], [18, 24]]] as const
  ) {
    const loaded = build({ source: "scan" }, 2, most);
    const segmenter = new ScanSegmenter(loaded, null);
    const found = await segmenter.segment({ scanImage, cubeImage: dark });
    const labels = segmenter.paste(found, scanImage);
    const count = (value: number) => labels.data.filter((one) => one === value).length;
    assertEquals([count(1), count(2)], [...expected]);
    assertEquals(labels.data[at(3, 2, 1)], 1);
    assertEquals(labels.data[at(10, 3, 8)], 2);
    assertEquals(labels.data[at(14, 9, 4)], most?.[0] === 1 ? 0 : 1);
    loaded.parameters.dispose();
  }
});

Deno.test("the region of this test is voxels of the scan", () => {
  assertEquals(unitToVoxels(regionUnit, shape), region);
});
