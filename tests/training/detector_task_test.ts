import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { PhaseConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import { ViewModule } from "../../lib/detector/detector.ts";
import type { ViewBox } from "../../lib/detector/fusion.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import type { PictureSample } from "../../lib/training/augment_picture.ts";
import { type CasePictures, makePictureSample } from "../../lib/training/detector_samples.ts";
import { detectorTask } from "../../lib/training/detector_task.ts";
import { type Box2, boxIou2 } from "../../lib/volume/box.ts";
import { type ViewName, viewNames } from "../../lib/volume/projection.ts";
import { type Mask, maskOfLabels, type Triple, type Volume } from "../../lib/volume/volume.ts";
import { boxLabels } from "../dataset/volumes.ts";

const edge = 16;
const cube: Triple = [edge, edge, edge];
const { detector: config, phases: { detector: focusPhase } } = presets.tiny;
const view = { ...config.view, kind: "slabs" as const, slabCount: 2, edge };
const still: PhaseConfig = {
  ...focusPhase,
  augmentation: {
    flipAxes: [],
    rotationDegrees: 0,
    scale: 0,
    shift: 0,
    intensity: 0,
    gamma: 0,
    organContrast: 0,
    noise: 0,
    dropoutBoxes: 0,
  },
};

/** A box organ of 2 x 5 x 8 voxels in a corner, bright on dark. */
function makeCase(
  min: Triple = [1, 3, 6],
  max: Triple = [3, 8, 14],
): { image: Volume; mask: Mask } {
  const labels = boxLabels(4, min, max, { shape: cube });
  const mask = maskOfLabels(labels, [4]);
  return { image: { ...mask, data: Float32Array.from(mask.data, (bit) => 0.2 + 0.6 * bit) }, mask };
}

/** A case that has these pictures. */
function picturesOf(...pictures: PictureSample[]): CasePictures {
  return { own: pictures[0], all: () => Promise.resolve(pictures) };
}

function samplesOf(viewName: ViewName): Map<string, CasePictures> {
  const cases: [string, Triple, Triple][] = [
    ["a", [1, 3, 6], [3, 8, 14]],
    ["b", [4, 5, 2], [9, 7, 5]],
    ["c", [10, 1, 1], [15, 4, 9]],
  ];
  return new Map(cases.map(([id, min, max]) => {
    const { image, mask } = makeCase(min, max);
    return [id, picturesOf(makePictureSample(image, [mask], viewName, view))];
  }));
}

const boxesByView: Record<ViewName, Box2> = {
  xy: { min: [1 / 16, 3 / 16], max: [3 / 16, 8 / 16] },
  yz: { min: [3 / 16, 6 / 16], max: [8 / 16, 14 / 16] },
  xz: { min: [1 / 16, 6 / 16], max: [3 / 16, 14 / 16] },
};

Deno.test("picture, silhouette and box of a view lie on each other", () => {
  const { image, mask } = makeCase();
  for (const name of viewNames) {
    const sample = makePictureSample(image, [mask], name, view);
    assertEquals(sample.boxesUnit, [boxesByView[name]]);
    const { min, max } = boxesByView[name];
    for (let row = 0; row < edge; row++) {
      for (let column = 0; column < edge; column++) {
        const pixel = row * edge + column;
        const inside = column >= min[0] * edge && column < max[0] * edge &&
          row >= min[1] * edge && row < max[1] * edge;
        assertEquals(sample.silhouettes[pixel], inside ? 1 : 0);
        const bright = Math.max(sample.picture[2 * pixel], sample.picture[2 * pixel + 1]);
        assertEquals(bright > 0.25, inside, `${name} ${row} ${column}`);
      }
    }
  }
});

Deno.test("the channels of slabs run along the axis that a view looks along", () => {
  // The organ lies in x 1 .. 3 of 16: all of it in the lower half, so in the first slab of yz.
  const { image, mask } = makeCase();
  const { picture } = makePictureSample(image, [mask], "yz", view);
  const pixel = 10 * edge + 5;
  assert(picture[2 * pixel] > 0.25);
  assertAlmostEquals(picture[2 * pixel + 1], 0.2, 1e-6);
});

Deno.test("without augmentation a batch is the cases' own pictures, in order", async () => {
  const before = tf.memory().numTensors;
  const module = new ViewModule("xz", { ...config, view }, 0);
  const samples = samplesOf("xz");
  const task = detectorTask(module, samples, { training: ["a", "b"], validation: [] }, still);
  const drawn = await Promise.all(["b", "a"].map((id, i) => task.sample(id, new Random(i))));
  const batch = task.batch(drawn);
  assertEquals(batch.pictures.shape, [2, edge, edge, 2]);
  assertEquals(batch.silhouettes.shape, [2, edge, edge, 1]);
  const both = (name: "picture" | "silhouettes") =>
    new Float32Array([...samples.get("b")!.own[name], ...samples.get("a")!.own[name]]);
  assertEquals(await batch.pictures.data(), both("picture"));
  assertEquals(await batch.silhouettes.data(), both("silhouettes"));
  // Case b in xz: x 4 .. 9, z 2 .. 5 of 16; centre, then size.
  const [b] = await batch.boxes.array();
  assertEquals(b, [6.5 / 16, 3.5 / 16, 5 / 16, 3 / 16]);
  assertEquals(task.validate, undefined);
  tf.dispose([batch.pictures, batch.silhouettes, batch.boxes]);
  module.parameters.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("samples are drawn from the generator they are given", async () => {
  const module = new ViewModule("xy", { ...config, view }, 0);
  const split = { training: ["a"], validation: [] };
  const task = detectorTask(module, samplesOf("xy"), split, focusPhase);
  const draw = async (seed: number) => await task.sample("a", new Random(seed));
  assertEquals(await draw(1), await draw(1));
  assertNotEquals((await draw(1)).picture, (await draw(2)).picture);
  module.parameters.dispose();
});

Deno.test("training draws all variants of a case, validation its own picture", async () => {
  const module = new ViewModule("xy", { ...config, view }, 0);
  const samples = samplesOf("xy");
  const { own } = samples.get("a")!;
  const variant = { ...own, picture: own.picture.map((value) => value / 2) };
  samples.set("a", picturesOf(own, variant));
  const task = detectorTask(module, samples, { training: ["a"], validation: ["a"] }, still);
  const drawn = await Promise.all(
    Array.from({ length: 200 }, (_, seed) => task.sample("a", new Random(seed))),
  );
  const own200 = drawn.filter(({ picture }) => picture[0] === own.picture[0]).length;
  assert(own200 > 70 && own200 < 130, `${own200} of 200`);
  assertEquals(
    drawn.find(({ picture }) => picture[0] !== own.picture[0])!.picture,
    variant.picture,
  );
  const alone = detectorTask(
    module,
    samplesOf("xy"),
    { training: ["a"], validation: ["a"] },
    still,
  );
  assertEquals(await task.validate!(), await alone.validate!());
  module.parameters.dispose();
});

Deno.test("an organ that a shift would carry out of the picture stays in it", async () => {
  const augmentation = { ...still.augmentation, shift: 1.5 };
  const module = new ViewModule("xy", { ...config, view }, 0);
  const samples = samplesOf("xy");
  const split = { training: ["a"], validation: [] };
  const task = detectorTask(module, samples, split, { ...still, augmentation });
  const drawn = await Promise.all(
    Array.from({ length: 20 }, (_, seed) => task.sample("a", new Random(seed))),
  );
  for (const sample of drawn) assert(sample.boxesUnit[0] !== null);
  assert(drawn.includes(samples.get("a")!.own), "no shift carried it out: the test tests nothing");
  module.parameters.dispose();
});

/** Finds the same box in every picture, which it counts. */
class FixedModule extends ViewModule {
  seen = 0;
  override detectTargets(pictures: tf.Tensor4D): Promise<ViewBox[][]> {
    assertEquals(pictures.shape, [1, edge, edge, 2]);
    this.seen++;
    return Promise.resolve([[{ boxUnit: boxesByView[this.view], confidence: [1, 1] }]]);
  }
}

/** Finds the first of three targets where it is, nothing of the second, and anything as the third. */
class ThreeTargetsModule extends ViewModule {
  override detectTargets(): Promise<ViewBox[][]> {
    const [boxUnit, confidence] = [boxesByView[this.view], [1, 1] as const];
    return Promise.resolve([[
      { boxUnit, confidence },
      { boxUnit: { min: [0, 0], max: [1, 1] }, confidence: [0, 0] },
      { boxUnit, confidence },
    ]]);
  }
}

Deno.test("of several targets each has its silhouette, its box and its part in the score", async () => {
  const { image, mask } = makeCase();
  const { mask: other } = makeCase([4, 5, 2], [9, 7, 5]);
  const nothing = { ...mask, data: mask.data.map(() => 0) };
  const masks = [mask, other, nothing];
  for (const name of viewNames) {
    const alone = masks.map((one) => makePictureSample(image, [one], name, view));
    const sample = makePictureSample(image, masks, name, view);
    assertEquals(sample.boxesUnit, alone.map(({ boxesUnit: [box] }) => box));
    assertEquals(sample.boxesUnit[2], null);
    for (let pixel = 0; pixel < edge * edge; pixel++) {
      const here = sample.silhouettes.subarray(3 * pixel, 3 * pixel + 3);
      assertEquals([...here], alone.map(({ silhouettes }) => silhouettes[pixel]));
    }
    const module = new ThreeTargetsModule(name, { ...config, view }, 0);
    const split = { training: ["a"], validation: ["a"] };
    const task = detectorTask(module, new Map([["a", picturesOf(sample)]]), split, still);
    // Found, not found, and one that is not there and does not count.
    assertEquals((await task.validate!()).score, (1 + 0) / 2);
    const batch = task.batch([sample, sample]);
    assertEquals(batch.silhouettes.shape, [2, edge, edge, 3]);
    assertEquals(
      await batch.silhouettes.data(),
      new Float32Array([...sample.silhouettes, ...sample.silhouettes]),
    );
    tf.dispose([batch.pictures, batch.silhouettes, batch.boxes]);
    module.parameters.dispose();
  }
});

Deno.test("validation is the mean IoU over the validation cases, and leaves no tensor", async () => {
  for (const name of viewNames) {
    const module = new FixedModule(name, { ...config, view }, 0);
    const samples = samplesOf(name);
    const split = { training: ["b"], validation: ["a", "c"] };
    const task = detectorTask(module, samples, split, still);
    const before = tf.memory().numTensors;
    const { score, metrics } = await task.validate!();
    assertEquals(tf.memory().numTensors, before);
    const expected = (1 + boxIou2(boxesByView[name], samples.get("c")!.own.boxesUnit[0]!)) / 2;
    assertAlmostEquals(score, expected, 1e-12);
    assertEquals(metrics, { iou2d: score });
    assertEquals(module.seen, 2);
    module.parameters.dispose();
  }
});
