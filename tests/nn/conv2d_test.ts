import { assertEquals } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import { Conv2d } from "../../lib/nn/conv2d.ts";
import { DepthwiseConv2d } from "../../lib/nn/depthwise_conv2d.ts";
import { countMacs } from "../../lib/nn/macs.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, assertGradients, uniform } from "../tensors.ts";

interface Shape {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** A convolution as its definition; `weight` is `[k, k, inputs, outputs]`. */
function slowConv(x: tf.Tensor4D, weight: tf.Tensor4D, { kernel, stride, padding }: Shape) {
  const [n, rows, columns] = x.shape;
  const [xs, ws] = [x.arraySync(), weight.arraySync()];
  const edge = (e: number) => Math.floor((e + 2 * padding - kernel) / stride) + 1;
  const at = (sample: number, row: number, column: number, output: number): number => {
    let sum = 0;
    for (let i = 0; i < kernel; i++) {
      for (let j = 0; j < kernel; j++) {
        const values = xs[sample][row * stride + i - padding]?.[column * stride + j - padding];
        values?.forEach((value, input) => sum += value * ws[i][j][input][output]);
      }
    }
    return sum;
  };
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  return tf.tensor4d(
    range(n).map((s) =>
      range(edge(rows)).map((r) =>
        range(edge(columns)).map((c) => range(weight.shape[3]).map((o) => at(s, r, c, o)))
      )
    ),
  );
}

const shapes: readonly Shape[] = [
  { kernel: 3, stride: 1, padding: 1 },
  { kernel: 3, stride: 2, padding: 1 },
  { kernel: 4, stride: 2, padding: 1 },
  { kernel: 2, stride: 2, padding: 0 },
  { kernel: 1, stride: 1, padding: 0 },
  { kernel: 1, stride: 2, padding: 0 },
  { kernel: 7, stride: 2, padding: 3 },
];

Deno.test("conv2d: equals its definition on odd and even edges", () => {
  const random = new Random("conv2d");
  for (const shape of shapes) {
    const parameters = new Parameters(1);
    const conv = new Conv2d(parameters.root(), { inputs: 3, outputs: 2, ...shape });
    tf.tidy(() => {
      const x = uniform<tf.Rank.R4>(random, [2, 8, 5, 3]);
      const expected = slowConv(x, parameters.get("weight") as tf.Tensor as tf.Tensor4D, shape)
        .add(parameters.get("bias"));
      assertClose(conv.apply(x), expected, 1e-5, JSON.stringify(shape));
    });
    parameters.dispose();
  }
});

Deno.test("conv2d: gradients equal differences", () => {
  const random = new Random("conv2d gradient");
  for (const shape of shapes.slice(0, 3)) {
    const parameters = new Parameters(1);
    const conv = new Conv2d(parameters.root(), { inputs: 2, outputs: 3, bias: false, ...shape });
    tf.tidy(() => {
      const x = uniform(random, [1, 6, 7, 2]);
      assertGradients((x) => conv.apply(x as tf.Tensor4D).square().sum(), [x]);
      const { grads } = tf.variableGrads(() => conv.apply(x as tf.Tensor4D).sum());
      assertEquals(Object.keys(grads).length, 1);
    });
    parameters.dispose();
  }
});

Deno.test("conv2d: a strided 1 x 1 kernel is the strided convolution, of odd batches, too", () => {
  const random = new Random("strided 1 x 1");
  const shape = { inputs: 8, outputs: 16, kernel: 1, stride: 2, bias: false };
  for (const batch of [1, 3]) {
    const parameters = new Parameters(1);
    const conv = new Conv2d(parameters.root(), shape);
    tf.tidy(() => {
      const x = uniform<tf.Rank.R4>(random, [batch, 16, 16, shape.inputs]);
      const strided = tf.conv2d(x, conv.weight as tf.Tensor as tf.Tensor4D, shape.stride, "valid");
      assertClose(conv.apply(x), strided, 1e-5, `batch ${batch}`);
      assertGradients((x) => conv.apply(x as tf.Tensor4D).square().sum(), [x]);
      const { macs } = countMacs(() => conv.apply(x).dispose());
      assertEquals(macs, strided.size * shape.inputs);
      const kept = x.stridedSlice([0, 0, 0, 0], x.shape, [1, 2, 2, 1]).reshape([-1, shape.inputs]);
      const expected = tf.matMul(kept, strided.mul(2).reshape([-1, shape.outputs]), true);
      // TensorFlow's gradient of the strided convolution ends the process, though not every time.
      for (let again = 0; again < 30; again++) {
        const { grads } = tf.variableGrads(() => conv.apply(x).square().sum());
        const slope = grads[conv.weight.name].reshape([shape.inputs, shape.outputs]);
        assertClose(slope, expected, 1e-4, `weights' gradient, batch ${batch}`);
      }
    });
    parameters.dispose();
  }
});

Deno.test("depthwise conv2d: equals one convolution for each channel", () => {
  const random = new Random("depthwise");
  for (const stride of [1, 2]) {
    const parameters = new Parameters(1);
    const conv = new DepthwiseConv2d(parameters.root(), { channels: 3, kernel: 3, stride });
    tf.tidy(() => {
      const x = uniform<tf.Rank.R4>(random, [2, 6, 5, 3]);
      const weight = parameters.get("weight") as tf.Tensor as tf.Tensor4D;
      const channels = [0, 1, 2].map((c) =>
        slowConv(x.slice([0, 0, 0, c], [-1, -1, -1, 1]), weight.slice([0, 0, c, 0], [3, 3, 1, 1]), {
          kernel: 3,
          stride,
          padding: 1,
        })
      );
      assertClose(conv.apply(x), tf.concat(channels, 3), 1e-5, `stride ${stride}`);
      assertGradients((x) => conv.apply(x as tf.Tensor4D).square().sum(), [x]);
    });
    parameters.dispose();
  }
});

Deno.test("conv2d: reports its multiply-accumulates", () => {
  const parameters = new Parameters(1);
  const dense = new Conv2d(parameters.root().child("dense"), {
    inputs: 3,
    outputs: 5,
    kernel: 3,
    stride: 2,
    padding: 1,
  });
  const depthwise = new DepthwiseConv2d(parameters.root().child("depthwise"), {
    channels: 3,
    kernel: 3,
  });
  const x = tf.zeros<tf.Rank.R4>([2, 8, 6, 3]);
  assertEquals(countMacs(() => dense.apply(x).dispose()).macs, 2 * 4 * 3 * 5 * 27);
  assertEquals(countMacs(() => depthwise.apply(x).dispose()).macs, 2 * 8 * 6 * 3 * 9);
  x.dispose();
  parameters.dispose();
});
