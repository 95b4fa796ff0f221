import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { boxLoss, generalizedIou } from "../../lib/training/box_loss.ts";
import { type Loss, losses, type LossParts } from "../../lib/training/loss_parts.ts";
import { diceCrossEntropyLoss, diceFocalLoss } from "../../lib/training/segmentation_loss.ts";
import { assertGradient } from "./numeric_gradient.ts";
import { testEachWay } from "../nn/each_way.ts";

const shape = [2, 1, 2, 3]; // [n, z, y, x], the channels follow
const voxels = 6;

function draw(count: number, low: number, high: number, name: string): number[] {
  const random = new Random("losses").fork(name);
  return Array.from({ length: count }, () => random.uniform(low, high));
}

/** Random shares that sum to 1 over the channels. */
function shares(count: number, channels: number): number[] {
  const values = draw(count * channels, 0, 1, "shares");
  return values.map((value, i) => {
    const start = i - i % channels;
    return value / values.slice(start, start + channels).reduce((a, b) => a + b);
  });
}

function read(loss: Loss, logits: number[], target: number[], fullShape: number[]) {
  return tf.tidy(() => {
    const parts = loss(tf.tensor(logits, fullShape), tf.tensor(target, fullShape));
    return Object.fromEntries(Object.entries(parts).map(([k, v]) => [k, v.dataSync()[0]]));
  });
}

function total(parts: LossParts): tf.Scalar {
  return tf.addN(Object.values(parts));
}

/** The slow twin: sums over voxels in plain loops. */
function slowSegmentationLoss(
  logits: number[],
  target: number[],
  channels: number,
): { dice: number; crossEntropy: number; focal: number } {
  const probabilities = logits.map((logit, i) => {
    if (channels === 1) return 1 / (1 + Math.exp(-logit));
    const start = i - i % channels;
    const sum = logits.slice(start, start + channels).reduce((s, l) => s + Math.exp(l), 0);
    return Math.exp(logit) / sum;
  });
  let [dice, crossEntropy, focal] = [0, 0, 0];
  const classes = channels === 1 ? [0] : Array.from({ length: channels - 1 }, (_, c) => c + 1);
  for (let n = 0; n < shape[0]; n++) {
    for (const c of classes) {
      let [shared, p2, t2] = [0, 0, 0];
      for (let v = 0; v < voxels; v++) {
        const i = (n * voxels + v) * channels + c;
        shared += probabilities[i] * target[i];
        p2 += probabilities[i] ** 2;
        t2 += target[i] ** 2;
      }
      dice += (1 - (2 * shared + 1) / (p2 + t2 + 1)) / (shape[0] * classes.length);
    }
  }
  probabilities.forEach((p, i) => {
    const t = target[i];
    const entropy = channels === 1
      ? -t * Math.log(p) - (1 - t) * Math.log(1 - p)
      : -t * Math.log(p);
    crossEntropy += entropy / (shape[0] * voxels);
    focal += (t - p) ** 2 * entropy / (shape[0] * voxels);
  });
  return { dice, crossEntropy, focal };
}

for (const channels of [1, 3]) {
  const count = shape[0] * voxels;
  const logits = draw(count * channels, -3, 3, "logits");
  const target = channels === 1 ? draw(count, 0, 1, "target") : shares(count, channels);
  const fullShape = [...shape, channels];

  testEachWay(`losses: ${channels} channels agree with plain loops`, () => {
    const slow = slowSegmentationLoss(logits, target, channels);
    const entropy = read(diceCrossEntropyLoss, logits, target, fullShape);
    const focal = read(diceFocalLoss, logits, target, fullShape);
    assertEquals(Object.keys(entropy), ["dice", "crossEntropy"]);
    assertEquals(Object.keys(focal), ["dice", "focal"]);
    assertAlmostEquals(entropy.dice, slow.dice, 1e-5);
    assertAlmostEquals(entropy.crossEntropy, slow.crossEntropy, 1e-5);
    assertAlmostEquals(focal.dice, slow.dice, 1e-5);
    assertAlmostEquals(focal.focal, slow.focal, 1e-5);
  });

  for (const name of ["diceCrossEntropy", "diceFocal"] as const) {
    testEachWay(`losses: ${name} with ${channels} channels has the numeric gradient`, () => {
      const run = (x: tf.Tensor) => total(losses[name](x, tf.tensor(target, fullShape)));
      assertGradient(run, logits, fullShape);
    });

    testEachWay(`losses: ${name} with ${channels} channels is smallest at a soft target`, () => {
      const logOdds = target.map((t) => channels === 1 ? Math.log(t / (1 - t)) : Math.log(t));
      const parts = read(losses[name], logOdds, target, fullShape);
      assertAlmostEquals(parts.dice, 0, 1e-5);
      const gradient = tf.tidy(() =>
        tf.grad((x) => total(losses[name](x, tf.tensor(target, fullShape))))(
          tf.tensor(logOdds, fullShape),
        ).abs().max().dataSync()[0]
      );
      assert(gradient < 1e-5, `gradient ${gradient}`);
    });
  }
}

Deno.test({
  name: "losses: own op and composed ops agree on many voxels, whatever their number",
  ignore: !tf.hasNativeOps(),
  fn() {
    for (
      const [name, channels] of [
        ["diceCrossEntropy", 1],
        ["diceCrossEntropy", 2],
        ["diceFocal", 3],
        ["diceCrossEntropy", 6],
        ["diceFocal", 6],
      ] as const
    ) {
      tf.tidy(() => {
        const full = [2, 21, 19, 13, channels]; // more than a strip, and no whole vectors
        const logits = tf.tensor(draw(2 * 21 * 19 * 13 * channels, -9, 9, name), full);
        const target = tf.softmax(logits.mul(-0.5).add(1)).mul(channels === 1 ? 0.4 : 1);
        const slope = () => tf.valueAndGrad((x) => total(losses[name](x, target)))(logits);
        const [own, composed] = [slope(), tf.withoutNativeOps(slope)];
        const what = `${name} of ${channels}`;
        assertAlmostEquals(own.value.dataSync()[0], composed.value.dataSync()[0], 2e-6, what);
        const scale = composed.grad.abs().max().dataSync()[0];
        const apart = own.grad.sub(composed.grad).abs().max().dataSync()[0];
        assert(apart < 1e-5 * scale, `${what}: ${apart} of ${scale}`);
      });
    }
  },
});

testEachWay("losses: huge logits and empty targets give finite values and gradients", () => {
  for (const name of ["diceCrossEntropy", "diceFocal", "silhouette"] as const) {
    for (const channels of [1, 3]) {
      for (const logit of [-1e4, 0, 1e4]) {
        tf.tidy(() => {
          const target = tf.zeros([2, 4, 5, channels]);
          const logits = tf.fill([2, 4, 5, channels], logit).add(
            tf.range(0, channels).mul(1e3),
          );
          const { value, grad } = tf.valueAndGrad((x) => total(losses[name](x, target)))(logits);
          assert(Number.isFinite(value.dataSync()[0]), `${name} ${channels} ${logit}`);
          assert(grad.dataSync().every(Number.isFinite), `${name} ${channels} ${logit}`);
        });
      }
    }
  }
});

testEachWay("losses: silhouettes overlap, and each counts as a picture of its own", () => {
  const [logits, target] = [draw(2 * 3 * 4 * 2, -3, 3, "logits"), draw(2 * 3 * 4 * 2, 0, 1, "t")];
  const both = read(losses.silhouette, logits, target, [2, 3, 4, 2]);
  const alone = [0, 1].map((channel) => {
    const own = (values: number[]) => values.filter((_, i) => i % 2 === channel);
    return read(diceCrossEntropyLoss, own(logits), own(target), [2, 3, 4, 1]);
  });
  for (const part of ["dice", "crossEntropy"]) {
    assertAlmostEquals(both[part], (alone[0][part] + alone[1][part]) / 2, 1e-5);
  }
});

testEachWay("losses: an empty target asks for an empty prediction", () => {
  const shape = [1, 2, 3, 1];
  const empty = new Array(6).fill(0);
  const nothing = read(diceCrossEntropyLoss, new Array(6).fill(-20), empty, shape);
  const something = read(diceCrossEntropyLoss, new Array(6).fill(2), empty, shape);
  assertAlmostEquals(nothing.dice, 0, 1e-6);
  assert(something.dice > 0.5);
});

testEachWay("losses: nothing but the parts stays in memory", () => {
  const x = tf.randomNormal([1, 2, 3, 4, 1]);
  const boxes = tf.randomUniform<tf.Rank.R2>([3, 4], 0.2, 0.4);
  const before = tf.memory().numTensors;
  const parts = [
    diceCrossEntropyLoss(x, x),
    diceFocalLoss(x, x),
    boxLoss(boxes, boxes),
  ];
  assertEquals(tf.memory().numTensors, before + 6);
  parts.forEach((record) => Object.values(record).forEach((part) => part.dispose()));
  tf.dispose([x, boxes]);
});

const boxes = [
  { name: "equal", a: [0.5, 0.4, 0.2, 0.3], b: [0.5, 0.4, 0.2, 0.3], giou: 1 },
  // Half of each is shared: 1/3; the hull is the union.
  { name: "shifted", a: [0.3, 0.5, 0.2, 0.4], b: [0.4, 0.5, 0.2, 0.4], giou: 1 / 3 },
  // Areas 0.01 and 0.02 in a hull of 0.3 x 0.2, nothing shared.
  { name: "apart", a: [0.15, 0.1, 0.1, 0.1], b: [0.35, 0.2, 0.1, 0.2], giou: 0 },
  { name: "inside", a: [0.5, 0.5, 0.4, 0.2], b: [0.5, 0.5, 0.2, 0.1], giou: 0.25 },
];

function slowGiou(a: number[], b: number[]): number {
  const side = (box: number[], axis: number) =>
    [box[axis] - box[axis + 2] / 2, box[axis] + box[axis + 2] / 2] as const;
  let [shared, hull] = [1, 1];
  for (const axis of [0, 1]) {
    const [[a0, a1], [b0, b1]] = [side(a, axis), side(b, axis)];
    shared *= Math.max(0, Math.min(a1, b1) - Math.max(a0, b0));
    hull *= Math.max(a1, b1) - Math.min(a0, b0);
  }
  const union = a[2] * a[3] + b[2] * b[3] - shared;
  return shared / union - (hull - union) / hull;
}

testEachWay("boxes: generalised IoU of boxes computed by hand and in plain loops", () => {
  tf.tidy(() => {
    const a = tf.tensor2d(boxes.map((pair) => pair.a));
    const b = tf.tensor2d(boxes.map((pair) => pair.b));
    const values = generalizedIou(a, b).dataSync();
    boxes.forEach((pair, i) => {
      const expected = pair.name === "apart" ? slowGiou(pair.a, pair.b) : pair.giou;
      assertAlmostEquals(values[i], expected, 1e-4, pair.name);
      assertAlmostEquals(values[i], slowGiou(pair.a, pair.b), 1e-4, pair.name);
    });
    assert(values[2] < 0);
  });
});

testEachWay("boxes: L1 weighs 5, generalised IoU 2, each averaged over the boxes", () => {
  const a = [[0.3, 0.5, 0.2, 0.4], [0.5, 0.4, 0.2, 0.3]];
  const b = [[0.4, 0.5, 0.2, 0.4], [0.5, 0.4, 0.2, 0.3]];
  const parts = read(losses.boxL1Giou, a.flat(), b.flat(), [2, 4]);
  assertAlmostEquals(parts.l1, 5 * 0.1 / 2, 1e-5);
  assertAlmostEquals(parts.giou, 2 * (2 / 3) / 2, 1e-4);
});

testEachWay("boxes: the loss has the numeric gradient, also for boxes apart", () => {
  const target = [[0.4, 0.55, 0.25, 0.3], [0.8, 0.82, 0.1, 0.2]];
  const predicted = [0.33, 0.47, 0.2, 0.41, 0.21, 0.3, 0.15, 0.12];
  const run = (x: tf.Tensor) => total(boxLoss(x as tf.Tensor2D, tf.tensor2d(target)));
  assertGradient(run, predicted, [2, 4], { step: 1e-3, tolerance: 2e-2 });
});

testEachWay("boxes: boxes without area give finite values and gradients", () => {
  tf.tidy(() => {
    const target = tf.zeros<tf.Rank.R2>([1, 4]);
    const { value, grad } = tf.valueAndGrad((x) => total(boxLoss(x as tf.Tensor2D, target)))(
      tf.zeros([1, 4]),
    );
    assert(Number.isFinite(value.dataSync()[0]));
    assert(grad.dataSync().every(Number.isFinite));
  });
});
