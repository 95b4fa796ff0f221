import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { PhaseConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import type { LabelledImage } from "../../lib/dataset/case.ts";
import type { Organ } from "../../lib/dataset/organ.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import { Segmentor } from "../../lib/segmentor/segmentor.ts";
import * as tf from "../../lib/tf.ts";
import type { VolumeSample } from "../../lib/training/augment_volume.ts";
import type { BuiltSegmentor } from "../../lib/training/build_segmentor.ts";
import { type RegionSource, segmentorTask } from "../../lib/training/segmentor_task.ts";
import { makeSample } from "../../lib/training/training_sample.ts";
import { type Box3, wholeUnit } from "../../lib/volume/box.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";
import type { Triple } from "../../lib/volume/volume.ts";
import { boxLabels } from "../dataset/volumes.ts";

const edge = 16;
const config = { ...presets.tiny.segmentor, labels: "nearest" as const, kernel: "linear" as const };
const phase: PhaseConfig = {
  ...presets.tiny.phases.segmentor,
  augmentation: { ...presets.paper.phases.detector.augmentation },
};
const organ: Organ = { name: "liver", classes: [{ name: "liver", values: [6] }] };
const pair: Organ = {
  name: "kidneys",
  classes: [{ name: "right", values: [2] }, { name: "left", values: [3] }],
};

/** A scan of 32 x 16 x 48 voxels, 1 x 2 x 5 mm, brightness equal to label / 10. */
const shape: Triple = [32, 16, 48];
function scan(boxes: readonly { value: number; min: Triple; max: Triple }[]): LabelledImage {
  const affine = scaleAndShift([1, 2, 5], [0, 0, 0]);
  const data = boxes
    .map(({ value, min, max }) => boxLabels(value, min, max, { shape, affine }).data)
    .reduce((all, one) => all.map((value, i) => value || one[i]));
  return {
    labels: { shape, affine, data },
    image: { shape, affine, data: Float32Array.from(data, (label) => label / 10) },
  };
}

const cases: Record<string, LabelledImage> = {
  a: scan([{ value: 6, min: [4, 2, 8], max: [10, 12, 20] }]),
  b: scan([
    { value: 6, min: [20, 4, 30], max: [30, 8, 40] },
    { value: 2, min: [0, 0, 0], max: [9, 9, 9] },
  ]),
  c: scan([{ value: 2, min: [4, 2, 8], max: [6, 4, 12] }, {
    value: 3,
    min: [10, 10, 30],
    max: [20, 14, 40],
  }]),
};

/** The voxels 0 .. 16 of every axis: at an edge of 16 each cell of the cube is one voxel. */
const corner: Box3 = { min: [0, 0, 0], max: [0.5, 1, 1 / 3] };

interface Source extends RegionSource {
  readonly loads: string[];
}
function sourceOf(training: Box3 = corner, validation: Box3 = corner): Source {
  const loads: string[] = [];
  return {
    loads,
    space: "scan",
    makeSample: (request) => {
      loads.push(request.id);
      return Promise.resolve(makeSample(cases[request.id], request));
    },
    drawTraining: () => training,
    validation: () => validation,
  };
}

/** Its logits are what `answer` says of the image. */
class StubSegmentor extends Segmentor {
  answer: (image: tf.Tensor5D) => tf.Tensor5D = (image) => image;
  override apply(image: tf.Tensor5D): tf.Tensor5D {
    return this.answer(image);
  }
}

function build(of: Organ, answer?: StubSegmentor["answer"]): BuiltSegmentor {
  const parameters = new Parameters(0);
  const count = of.classes.length;
  if (!answer) {
    const segmentor = new Segmentor(parameters, config, count);
    return { model: "segmentor", segmentor, parameters, config, edge, searchEdge: edge };
  }
  const segmentor = new StubSegmentor(parameters, config, count);
  segmentor.answer = answer;
  return { model: "segmentor", segmentor, parameters, config, edge, searchEdge: edge };
}

Deno.test("a sample is the region's voxels, axis by axis, image and labels alike", async () => {
  const { segmentor, ...built } = build(organ);
  const split = { training: ["a"], validation: [] };
  const task = segmentorTask({ segmentor, ...built }, organ, sourceOf(), split, phase);
  const sample = await task.sample("a", new Random(0)) as VolumeSample;
  assertEquals([sample.shape, sample.channels], [[edge, edge, edge], 1]);
  for (let z = 0; z < edge; z++) {
    for (let y = 0; y < edge; y++) {
      for (let x = 0; x < edge; x++) {
        const inside = x >= 4 && x < 10 && y >= 2 && y < 12 && z >= 8;
        const cell = x + edge * (y + edge * z);
        assertEquals(sample.labels[cell], inside ? 1 : 0, `${x} ${y} ${z}`);
        assertAlmostEquals(sample.image[cell], inside ? 0.6 : 0, 1e-6);
      }
    }
  }
  assertEquals(task.validate, undefined);
  built.parameters.dispose();
});

Deno.test("a batch keeps the order of its samples, and other labels are background", async () => {
  const before = tf.memory().numTensors;
  const { segmentor, ...built } = build(organ);
  const split = { training: ["a", "b"], validation: [] };
  const source = sourceOf(wholeUnit);
  const task = segmentorTask({ segmentor, ...built }, organ, source, split, phase);
  const samples = [
    await task.sample("b", new Random(0)) as VolumeSample,
    await task.sample("a", new Random(0)) as VolumeSample,
  ];
  const batch = task.batch(samples);
  assertEquals(batch.images.shape, [2, edge, edge, edge, 1]);
  assertEquals(batch.targets.shape, [2, edge, edge, edge, 1]);
  const [images, targets] = [await batch.images.data(), await batch.targets.data()];
  assertEquals(images, Float32Array.from([...samples[0].image, ...samples[1].image]));
  assertEquals(targets, Float32Array.from([...samples[0].labels, ...samples[1].labels]));
  // Case b has label 2 in its corner: bright, but not the organ.
  assert(images[0] > 0.1 && targets[0] === 0);
  assert(samples[0].labels.includes(1) && samples[1].labels.includes(1));
  tf.dispose([batch.images, batch.targets]);
  built.parameters.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("regions and augmentation are drawn from the generator given, apart", async () => {
  const { segmentor, ...built } = build(organ);
  const split = { training: ["a"], validation: [] };
  const drawn: number[] = [];
  const source = {
    ...sourceOf(),
    drawTraining: (_: string, random: Random) => {
      const share = random.uniform(0.4, 0.6);
      drawn.push(share);
      return { min: [0, 0, 0], max: [share, 1, share] } as Box3;
    },
  };
  const moving = { ...phase, augmentation: presets.focus.phases.segmentor.augmentation };
  const task = segmentorTask({ segmentor, ...built }, organ, source, split, moving);
  const plain = segmentorTask({ segmentor, ...built }, organ, source, split, phase);
  const first = await task.sample("a", new Random(5)) as VolumeSample;
  const again = await task.sample("a", new Random(5)) as VolumeSample;
  const other = await task.sample("a", new Random(6)) as VolumeSample;
  const unmoved = await plain.sample("a", new Random(5)) as VolumeSample;
  assertEquals(first, again);
  assertNotEquals(first.image, other.image);
  assertNotEquals(first.image, unmoved.image);
  assertEquals([drawn[1], drawn[3]], [drawn[0], drawn[0]]);
  built.parameters.dispose();
});

Deno.test("validation: a perfect result has Dice 1, half of it the Dice of a half", async () => {
  const split = { training: ["a"], validation: ["a", "b"] };
  const perfect = build(organ, (image) => image.sub(0.5));
  const source = sourceOf(corner, wholeUnit);
  const task = segmentorTask(perfect, organ, source, split, phase);
  const before = tf.memory().numTensors;
  const linear = await task.validate!();
  assertEquals(source.loads, ["a", "b"]);
  await task.validate!();
  assertEquals(source.loads, ["a", "b"], "regions of validation are sampled once");
  assertEquals(tf.memory().numTensors, before);
  // The cube of the whole scan blurs the organ's border, so that it is nearly perfect.
  assert(linear.score > 0.8 && linear.score <= 1);
  assertEquals(linear.metrics, { "dice liver": linear.score });
  perfect.parameters.dispose();

  // All of the cube against the organ: 2 n / (n + 4096).
  const all = build(organ, (image) => image.mul(0).add(1));
  const whole = segmentorTask(all, organ, sourceOf(), { ...split, validation: ["a"] }, phase);
  const organVoxels = 6 * 10 * 8;
  const { score } = await whole.validate!();
  assertAlmostEquals(score, 2 * organVoxels / (organVoxels + edge ** 3), 1e-9);
  all.parameters.dispose();
});

Deno.test("validation of several classes gives each its Dice", async () => {
  // Background 0.5; both classes claim the brightness around 0.3, class 2 more strongly.
  const confused = build(pair, (image) =>
    tf.concat([
      image.mul(0).add(0.5),
      image.sub(0.3).abs().lessEqual(0.01).toFloat(),
      image.sub(0.3).abs().lessEqual(0.01).toFloat().mul(2),
    ], 4) as tf.Tensor5D);
  const split = { training: ["c"], validation: ["c"] };
  const region: Box3 = { min: [0, 0, 0], max: [1, 1, 1] };
  const task = segmentorTask(confused, pair, sourceOf(corner, region), split, phase);
  const { score, metrics } = await task.validate!();
  assertEquals(metrics["dice right"], 0);
  assert(metrics["dice left"] > 0.5);
  assertAlmostEquals(score, metrics["dice left"] / 2);
  confused.parameters.dispose();
});

Deno.test("a step's loss reaches the weights that the cube uses, and leaves no tensor", async () => {
  const built = build(organ);
  const split = { training: ["a"], validation: ["a"] };
  const task = segmentorTask(built, organ, sourceOf(), split, phase);
  const batch = task.batch([await task.sample("a", new Random(0)) as VolumeSample]);
  const before = tf.memory().numTensors;
  const { value, grads } = tf.variableGrads(() => {
    const parts = task.loss(batch, { training: true, random: new Random(1) });
    return Object.values(parts).reduce((sum, part) => sum.add(part)) as tf.Scalar;
  });
  assert(Number.isFinite((await value.data())[0]));
  const nameOf = new Map(built.parameters.names().map((n) => [built.parameters.get(n).name, n]));
  const moved: string[] = [];
  for (const [variable, gradient] of Object.entries(grads)) {
    if ((await gradient.data()).some(Boolean)) moved.push(nameOf.get(variable)!);
  }
  assertEquals(moved.toSorted(), built.segmentor.activeNames(edge).toSorted());
  tf.dispose([value, grads]);
  await task.validate!();
  assertEquals(tf.memory().numTensors, before);
  tf.dispose([batch.images, batch.targets]);
  built.parameters.dispose();
});
