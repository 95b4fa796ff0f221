import { assertEquals, assertThrows } from "@std/assert";
import {
  convByPlanes,
  DepthwiseConv3d,
  depthwiseConv3d,
  foldedConv,
} from "../../lib/nn/depthwise_conv3d.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, uniform } from "../tensors.ts";

type Shape = [number, number, number, number, number];

/** The sum over the kernel, voxel by voxel. */
function slowConv(x: tf.Tensor5D, weight: tf.Tensor4D): tf.Tensor5D {
  const [n, depth, height, width, channels] = x.shape;
  const k = weight.shape[0];
  const p = (k - 1) / 2;
  const [values, w] = [x.dataSync(), weight.dataSync()];
  const inside = (i: number, length: number) => i >= 0 && i < length;
  const result = new Float32Array(x.size);
  for (let i = 0; i < result.length; i++) {
    const c = i % channels;
    const column = Math.floor(i / channels) % width;
    const row = Math.floor(i / channels / width) % height;
    const plane = Math.floor(i / channels / width / height);
    const sample = Math.floor(plane / depth);
    for (let tap = 0; tap < k ** 3; tap++) {
      const z = plane % depth + Math.floor(tap / k / k) - p;
      const y = row + Math.floor(tap / k) % k - p;
      const xx = column + tap % k - p;
      if (!inside(z, depth) || !inside(y, height) || !inside(xx, width)) continue;
      const from = (((sample * depth + z) * height + y) * width + xx) * channels + c;
      result[i] += w[tap * channels + c] * values[from];
    }
  }
  return tf.tensor5d(result, [n, depth, height, width, channels]);
}

const cases: { shape: Shape; kernel: number; what: string }[] = [
  { shape: [2, 3, 5, 4, 2], kernel: 3, what: "asymmetric" },
  { shape: [1, 1, 1, 1, 3], kernel: 3, what: "a single voxel" },
  { shape: [2, 2, 2, 2, 5], kernel: 3, what: "the bottleneck" },
  { shape: [1, 4, 3, 5, 2], kernel: 5, what: "a kernel larger than the grid" },
  { shape: [2, 12, 10, 14, 8], kernel: 3, what: "large enough for oneDNN's kernels" },
];

for (const { shape, kernel, what } of cases) {
  for (const [name, conv] of Object.entries({ foldedConv, convByPlanes, depthwiseConv3d })) {
    Deno.test(`${name} equals the sum over its kernel: ${what}`, () => {
      const random = new Random(what);
      const x = uniform(random, shape as Shape) as tf.Tensor5D;
      const weight = uniform(random, [kernel, kernel, kernel, shape[4]]) as tf.Tensor4D;
      assertClose(conv(x, weight), slowConv(x, weight), 1e-5, name);
    });
  }

  Deno.test(`the gradients of both ways agree: ${what}`, () => {
    const random = new Random(what);
    const x = uniform(random, shape as Shape);
    const weight = uniform(random, [kernel, kernel, kernel, shape[4]]);
    const slope = uniform(random, shape as Shape);
    const gradients = (conv: typeof foldedConv) =>
      tf.grads((x, weight) => conv(x as tf.Tensor5D, weight as tf.Tensor4D).mul(slope).sum())([
        x,
        weight,
      ]);
    const [folded, planes] = [gradients(foldedConv), gradients(convByPlanes)];
    folded.forEach((gradient, i) => assertClose(gradient, planes[i], 1e-5, `input ${i}`));
  });
}

Deno.test("the gradient agrees with differences", () => {
  const random = new Random("differences");
  const [x, weight] = [uniform(random, [2, 3, 2, 4, 2]), uniform(random, [3, 3, 3, 2])];
  assertGradients(
    (x, weight) => foldedConv(x as tf.Tensor5D, weight as tf.Tensor4D).square().sum(),
    [x, weight],
  );
});

Deno.test("the layer has 27 weights per channel and wants an odd kernel", () => {
  const parameters = new Parameters(0);
  new DepthwiseConv3d(parameters.root(), { channels: 5, kernel: 3 });
  assertEquals(parameters.count(), 135);
  assertThrows(() => new DepthwiseConv3d(parameters.root(), { channels: 5, kernel: 2 }));
});
