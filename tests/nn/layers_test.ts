import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { BatchNorm } from "../../lib/nn/batch_norm.ts";
import { Conv3d } from "../../lib/nn/conv3d.ts";
import { Conv3dTranspose } from "../../lib/nn/conv3d_transpose.ts";
import { DepthwiseConv3dTranspose } from "../../lib/nn/depthwise_conv3d_transpose.ts";
import { dropout } from "../../lib/nn/dropout.ts";
import { GroupNorm } from "../../lib/nn/group_norm.ts";
import { LayerNorm } from "../../lib/nn/layer_norm.ts";
import { Linear } from "../../lib/nn/linear.ts";
import { batchMatMul, matMul } from "../../lib/nn/mat_mul.ts";
import { inference, Parameters, type Pass } from "../../lib/nn/parameters.ts";
import { patchesToRows, rowsToPatches } from "../../lib/nn/patches3d.ts";
import { standardize } from "../../lib/nn/standardize.ts";
import { subsample } from "../../lib/nn/subsample.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";
import { testEachWay } from "./each_way.ts";

const training = (seed: string): Pass => ({ training: true, random: new Random(seed) });

/** Values of a volume by index, 0 outside, and the volume that a rule gives. */
function reader(x: tf.Tensor5D): (n: number, z: number, y: number, x: number, c: number) => number {
  const values = x.dataSync();
  const [, depth, height, width, channels] = x.shape;
  return (n, z, y, xx, c) => {
    if (z < 0 || y < 0 || xx < 0 || z >= depth || y >= height || xx >= width) return 0;
    return values[(((n * depth + z) * height + y) * width + xx) * channels + c];
  };
}

function build(
  shape: [number, number, number, number, number],
  value: (n: number, z: number, y: number, x: number, c: number) => number,
): tf.Tensor5D {
  const buffer = tf.buffer(shape);
  for (let n = 0; n < shape[0]; n++) {
    for (let z = 0; z < shape[1]; z++) {
      for (let y = 0; y < shape[2]; y++) {
        for (let x = 0; x < shape[3]; x++) {
          for (let c = 0; c < shape[4]; c++) buffer.set(value(n, z, y, x, c), n, z, y, x, c);
        }
      }
    }
  }
  return buffer.toTensor() as tf.Tensor5D;
}

/** Sets all variables to uniform numbers, so that nothing is 0 or 1 by its initial value. */
function randomize(parameters: Parameters, seed: string): void {
  const random = new Random(seed);
  for (const name of parameters.names()) {
    const variable = parameters.get(name);
    const low = name.includes("ariance") ? 0.5 : -1;
    variable.assign(uniform(random, variable.shape as [number], low, 1));
  }
}

/** The gradient of a weighted sum with respect to a layer's input and all its weights. */
function assertLayerGradients(
  parameters: Parameters,
  x: tf.Tensor,
  apply: (x: tf.Tensor) => tf.Tensor,
): void {
  const names = parameters.names("trainable");
  const weights = uniform(new Random("weighted"), apply(x).shape as [number]);
  assertGradients((x) => apply(x).mul(weights).sum(), [x]);
  const objective = () => apply(x).mul(weights).sum() as tf.Scalar;
  const { grads } = tf.variableGrads(objective, names.map((name) => parameters.get(name)));
  for (const name of names) {
    const variable = parameters.get(name);
    const start = variable.clone();
    const direction = uniform(new Random(name), variable.shape as [number]);
    const at = (distance: number): number => {
      variable.assign(start.add(direction.mul(distance)));
      return objective().dataSync()[0];
    };
    const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
    variable.assign(start);
    const analytic = grads[variable.name].mul(direction).sum().dataSync()[0];
    assertAlmostEquals(analytic, numeric, 1e-2 * Math.max(1, Math.abs(numeric)), name);
  }
}

testEachWay("matrix products equal tf.matMul, with their gradients", () => {
  const random = new Random("products");
  const [a, b] = [uniform(random, [5, 3]), uniform(random, [3, 4])];
  assertClose(matMul(a as tf.Tensor2D, b as tf.Tensor2D), tf.matMul(a, b), 1e-6, "matMul");
  assertGradients((a, b) => matMul(a as tf.Tensor2D, b as tf.Tensor2D).square().sum(), [a, b]);
  for (const transposeB of [false, true]) {
    const left = uniform(random, [2, 3, 4, 5]);
    const right = uniform(random, transposeB ? [2, 3, 6, 5] : [2, 3, 5, 6]);
    const product = (a: tf.Tensor, b: tf.Tensor) => batchMatMul(a, b, transposeB);
    const expected = tf.matMul(left, right, false, transposeB);
    assertClose(product(left, right), expected, 1e-6, "batchMatMul");
    assertGradients((a, b) => product(a, b).square().sum(), [left, right]);
  }
});

testEachWay("a linear layer maps the last axis of any rank", () => {
  const parameters = new Parameters("linear");
  const layer = new Linear(parameters.root(), { inputs: 3, outputs: 2 });
  const x = uniform(new Random("linear"), [2, 4, 3]);
  const [values, weight, bias] = [x, layer.weight, layer.bias!].map((t) => t.dataSync());
  const expected = Float32Array.from({ length: 16 }, (_, i) => {
    const [row, out] = [Math.floor(i / 2), i % 2];
    return [0, 1, 2].reduce((s, c) => s + values[row * 3 + c] * weight[c * 2 + out], bias[out]);
  });
  assertClose(layer.apply(x), tf.tensor(expected, [2, 4, 2]), 1e-6, "linear");
  assertLayerGradients(parameters, x, (x) => layer.apply(x));
});

for (
  const { kernel, stride, padding } of [
    { kernel: 2, stride: 2, padding: 0 },
    { kernel: 3, stride: 1, padding: 1 },
    { kernel: 3, stride: 2, padding: 1 },
    { kernel: 7, stride: 4, padding: 3 },
    { kernel: 1, stride: 1, padding: 0 },
  ]
) {
  testEachWay(
    `conv3d with kernel ${kernel}, stride ${stride}, padding ${padding} equals its sum`,
    () => {
      const parameters = new Parameters("conv");
      const options = { inputs: 2, outputs: 3, kernel, stride, padding };
      const layer = new Conv3d(parameters.root(), options);
      randomize(parameters, "conv");
      const x = uniform(new Random("volume"), [2, 4, 6, 8, 2]) as tf.Tensor5D;
      const [read, w, bias] = [reader(x), layer.weight.dataSync(), layer.bias!.dataSync()];
      const edge = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
      const expected = build([2, edge(4), edge(6), edge(8), 3], (n, z, y, x, out) => {
        let sum = bias[out];
        for (let tap = 0; tap < kernel ** 3; tap++) {
          const dz = Math.floor(tap / kernel ** 2) - padding;
          const dy = Math.floor(tap / kernel) % kernel - padding;
          const dx = tap % kernel - padding;
          for (let c = 0; c < 2; c++) {
            sum += w[(tap * 2 + c) * 3 + out] *
              read(n, z * stride + dz, y * stride + dy, x * stride + dx, c);
          }
        }
        return sum;
      });
      assertClose(layer.apply(x), expected, 1e-5, "conv3d");
      assertLayerGradients(parameters, x, (x) => layer.apply(x as tf.Tensor5D));
    },
  );
}

testEachWay("conv3d with kernel = stride drops an incomplete last window", () => {
  const layer = new Conv3d(new Parameters(0).root(), {
    inputs: 1,
    outputs: 1,
    kernel: 2,
    stride: 2,
  });
  const x = uniform(new Random("odd"), [1, 5, 4, 3, 1]) as tf.Tensor5D;
  const whole = x.slice([0, 0, 0, 0, 0], [1, 4, 4, 2, 1]);
  assertClose(layer.apply(x), layer.apply(whole), 1e-6, "conv3d");
});

testEachWay("transposed convolutions equal their definition", () => {
  const parameters = new Parameters("transposed");
  const dense = new Conv3dTranspose(parameters.root().child("dense"), {
    inputs: 3,
    outputs: 2,
    kernel: 2,
  });
  const depthwise = new DepthwiseConv3dTranspose(parameters.root().child("depthwise"), {
    channels: 3,
    kernel: 2,
  });
  randomize(parameters, "transposed");
  const x = uniform(new Random("volume"), [2, 2, 3, 4, 3]) as tf.Tensor5D;
  const read = reader(x);
  const half = (i: number) => Math.floor(i / 2);
  const tap = (z: number, y: number, x: number) => ((z % 2) * 2 + y % 2) * 2 + x % 2;
  const [w, bias] = [dense.weight.dataSync(), dense.bias!.dataSync()];
  const expectedDense = build([2, 4, 6, 8, 2], (n, z, y, x, out) =>
    [0, 1, 2].reduce(
      (sum, c) => sum + w[(c * 8 + tap(z, y, x)) * 2 + out] * read(n, half(z), half(y), half(x), c),
      bias[out],
    ));
  const [v, shift] = [depthwise.weight.dataSync(), depthwise.bias.dataSync()];
  const expectedDepthwise = build(
    [2, 4, 6, 8, 3],
    (n, z, y, x, c) => v[tap(z, y, x) * 3 + c] * read(n, half(z), half(y), half(x), c) + shift[c],
  );
  assertClose(dense.apply(x), expectedDense, 1e-6, "dense");
  assertClose(depthwise.apply(x), expectedDepthwise, 1e-6, "depth-wise");
  assertLayerGradients(
    parameters,
    x,
    (x) => tf.concat([dense.apply(x as tf.Tensor5D), depthwise.apply(x as tf.Tensor5D)], 4),
  );
});

testEachWay("patches become rows in raster order, and back", () => {
  const x = uniform(new Random("patches"), [2, 4, 2, 6, 3]) as tf.Tensor5D;
  const rows = patchesToRows(x, 2);
  const read = reader(x);
  assertEquals(rows.shape, [2 * 2 * 1 * 3, 8 * 3]);
  // Row 10 is the patch of sample 1 at (z, y, x) = (1, 0, 1).
  const expected = Array.from({ length: 24 }, (_, i) => {
    const [tap, c] = [Math.floor(i / 3), i % 3];
    return read(1, 2 + Math.floor(tap / 4), Math.floor(tap / 2) % 2, 2 + tap % 2, c);
  });
  assertEquals([...rows.slice([10, 0], [1, 24]).dataSync()], expected);
  assertClose(rowsToPatches(rows, [2, 2, 1, 3], 2), x, 0, "round trip");
});

testEachWay("standardize gives mean 0 and variance 1 over the axes, with its gradient", () => {
  const x = uniform(new Random("standardize"), [2, 6, 3], 2, 5);
  const { mean, variance } = tf.moments(x, [1], true);
  const expected = x.sub(mean).div(variance.add(0.1).sqrt());
  assertClose(standardize(x, [1], 0.1), expected, 1e-5, "standardize");
  const weights = uniform(new Random("weights"), [2, 6, 3]);
  assertGradients((x) => standardize(x, [1], 0.1).mul(weights).sum(), [x]);
});

for (const groups of [1, 2, 6]) {
  testEachWay(`group norm with ${groups} groups of 6 channels equals its definition`, () => {
    const parameters = new Parameters("groups");
    const layer = new GroupNorm(parameters.root(), { channels: 6, groups });
    randomize(parameters, "groups");
    const x = uniform(new Random("volume"), [2, 2, 3, 1, 6], -1, 3) as tf.Tensor5D;
    const read = reader(x);
    const [scale, shift] = [layer.scale.dataSync(), layer.shift.dataSync()];
    const width = 6 / groups;
    const expected = build([2, 2, 3, 1, 6], (n, z, y, xx, c) => {
      const first = Math.floor(c / width) * width;
      const values = Array.from({ length: 6 * width }, (_, i) => {
        const voxel = Math.floor(i / width);
        return read(n, Math.floor(voxel / 3), voxel % 3, 0, first + i % width);
      });
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
      return (read(n, z, y, xx, c) - mean) / Math.sqrt(variance + 1e-5) * scale[c] + shift[c];
    });
    assertClose(layer.apply(x), expected, 1e-5, "group norm");
    assertLayerGradients(parameters, x, (x) => layer.apply(x));
  });
}

testEachWay("group norm refuses groups that do not divide the channels", () => {
  assertThrows(() => new GroupNorm(new Parameters(0).root(), { channels: 6, groups: 4 }));
});

testEachWay("layer norm standardizes each row, then scales and shifts", () => {
  const parameters = new Parameters("rows");
  const layer = new LayerNorm(parameters.root(), 4);
  randomize(parameters, "rows");
  const x = uniform(new Random("rows"), [3, 2, 4], -1, 4);
  const { mean, variance } = tf.moments(x, [-1], true);
  const expected = x.sub(mean).div(variance.add(1e-5).sqrt()).mul(layer.scale).add(layer.shift);
  assertClose(layer.apply(x), expected, 1e-5, "layer norm");
  assertLayerGradients(parameters, x, (x) => layer.apply(x));
});

/** Batch norm out of ordinary ops. */
function slowBatchNorm(layer: BatchNorm, x: tf.Tensor, training: boolean): tf.Tensor {
  const { mean, variance } = training
    ? tf.moments(x, [0, 1, 2, 3])
    : { mean: layer.runningMean as tf.Tensor, variance: layer.runningVariance as tf.Tensor };
  return x.sub(mean).div(variance.add(1e-5).sqrt()).mul(layer.scale).add(layer.shift);
}

for (const pass of [inference, training("norm")]) {
  testEachWay(
    `batch norm ${pass.training ? "in training" : "at inference"} equals its definition`,
    () => {
      const parameters = new Parameters("batch");
      const layer = new BatchNorm(parameters.root(), 3);
      randomize(parameters, "batch");
      const x = uniform(new Random("batch"), [2, 3, 4, 1, 3], -1, 4) as tf.Tensor5D;
      const expected = slowBatchNorm(layer, x, pass.training);
      assertClose(layer.apply(x, pass), expected, 1e-5, "batch norm");
      assertLayerGradients(parameters, x, (x) => layer.apply(x as tf.Tensor5D, pass));
    },
  );
}

testEachWay("batch norm moves its statistics a tenth towards the batch's, in training only", () => {
  const parameters = new Parameters("statistics");
  const layer = new BatchNorm(parameters.root(), 2);
  randomize(parameters, "statistics");
  const before = [layer.runningMean.dataSync(), layer.runningVariance.dataSync()];
  const x = uniform(new Random("statistics"), [2, 1, 3, 2, 2], 0, 5) as tf.Tensor5D;
  layer.apply(x, inference);
  assertEquals([layer.runningMean.dataSync(), layer.runningVariance.dataSync()], before);
  layer.apply(x, training("statistics"));
  const { mean, variance } = tf.moments(x, [0, 1, 2, 3]);
  const unbiased = variance.mul(12 / 11);
  const moved = (old: ArrayLike<number>, batch: tf.Tensor) =>
    tf.tensor(Array.from(old, (value) => 0.9 * value)).add(batch.mul(0.1));
  assertClose(layer.runningMean, moved(before[0], mean), 1e-6, "mean");
  assertClose(layer.runningVariance, moved(before[1], unbiased), 1e-6, "variance");
  assertEquals(parameters.names("trainable"), ["scale", "shift"]);
});

testEachWay("subsampling keeps every second voxel from the first, with its gradient", () => {
  const x = uniform(new Random("subsample"), [2, 4, 6, 2, 3]) as tf.Tensor5D;
  const read = reader(x);
  const expected = build([2, 2, 3, 1, 3], (n, z, y, x, c) => read(n, 2 * z, 2 * y, 2 * x, c));
  assertClose(subsample(x, 2), expected, 0, "subsample");
  assertGradients((x) => subsample(x as tf.Tensor5D, 2).square().sum(), [x]);
});

testEachWay("dropout drops by its rate, keeps the mean, and repeats with the seed", () => {
  const x = tf.ones([4000]);
  const values = dropout(x, 0.3, training("drop")).dataSync();
  const dropped = values.filter((value) => value === 0).length / values.length;
  assertAlmostEquals(dropped, 0.3, 0.03);
  assertEquals(values.filter((value) => value !== 0)[0], Math.fround(1 / 0.7));
  assertEquals(values, dropout(x, 0.3, training("drop")).dataSync());
  assertEquals(dropout(x, 0.3, inference), x);
  assertThrows(() => dropout(x, 0.3, { training: true }));
});

testEachWay("layers leave no tensors behind", async () => {
  const parameters = new Parameters("leak");
  const norm = new BatchNorm(parameters.root().child("norm"), 3);
  const linear = new Linear(parameters.root().child("linear"), { inputs: 3, outputs: 3 });
  const x = uniform(new Random("leak"), [1, 2, 2, 2, 3]) as tf.Tensor5D;
  await assertNoLeak(() => {
    const { value, grads } = tf.variableGrads(() =>
      linear.apply(norm.apply(x, training("leak"))).square().sum() as tf.Scalar
    );
    tf.dispose([value, grads]);
  });
});
