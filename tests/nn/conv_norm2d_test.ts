import { assertEquals } from "@std/assert";
import { ConvNorm2d, type ConvNorm2dOptions } from "../../lib/nn/conv_norm2d.ts";
import { countMacs } from "../../lib/nn/macs.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";

function build(options: ConvNorm2dOptions) {
  const parameters = new Parameters("conv norm");
  const layer = new ConvNorm2d(parameters.root(), options);
  const random = new Random("weights");
  for (const name of ["norm.scale", "norm.shift"]) {
    parameters.get(name).assign(uniform(random, [options.outputs], -1, 1));
  }
  return { parameters, layer };
}

const shapeOf = (inputs: number, outputs: number, kernel: number, stride: number, groups: number) =>
  ({ inputs, outputs, kernel, stride, groups }) satisfies ConvNorm2dOptions;

/** Two or three numbers of channels, all different, that make up `inputs`. */
function partsOf(inputs: number): number[] {
  if (inputs < 3) return [inputs];
  return inputs < 7 ? [1, inputs - 1] : [1, 3, inputs - 4];
}

// Odd edges, channels beside every vector's width, batches, one row, and what is worth two threads.
for (
  const [[n, rows, columns], options] of [
    [[2, 5, 7], shapeOf(3, 8, 3, 1, 2)],
    [[1, 1, 1], shapeOf(1, 4, 3, 1, 1)],
    [[3, 12, 6], shapeOf(5, 20, 4, 2, 5)],
    [[2, 8, 10], shapeOf(16, 33, 2, 2, 3)],
    [[1, 9, 4], shapeOf(48, 16, 1, 1, 4)],
    [[2, 37, 41], shapeOf(17, 24, 3, 1, 6)],
    [[1, 8, 8], shapeOf(96, 96, 3, 1, 24)],
    [[1, 70, 66], shapeOf(16, 16, 4, 2, 4)],
    [[1, 6, 5], shapeOf(2, 6, 7, 1, 6)],
  ] as [[number, number, number], ConvNorm2dOptions][]
) {
  const { inputs, outputs, kernel, stride, groups } = options;
  const name = `${n}x${rows}x${columns}x${inputs} to ${outputs}, kernel ${kernel}, ` +
    `stride ${stride}, groups ${groups}`;
  Deno.test({
    name: `conv norm: as composed, without and with what is added: ${name}`,
    ignore: !tf.hasNativeOps(),
    async fn() {
      const { parameters, layer } = build(options);
      await assertNoLeak(() =>
        tf.tidy(() => {
          const random = new Random("x");
          const x = uniform<tf.Rank.R4>(random, [n, rows, columns, inputs], -1, 2);
          const expected = tf.withoutNativeOps(() => layer.apply(x));
          assertEquals(expected.shape, [n, rows / stride, columns / stride, outputs]);
          const added = uniform<tf.Rank.R4>(random, expected.shape, -2, 1);
          assertClose(layer.apply(x), expected, 2e-5, "without");
          const parts = tf.split(x, partsOf(inputs), 3) as tf.Tensor4D[];
          assertClose(layer.apply(parts), expected, 2e-5, "in parts");
          const sum = tf.withoutNativeOps(() => layer.apply(x, added));
          assertClose(layer.apply(x, added), sum, 2e-5, "with");
          assertEquals(sum.notEqual(expected).any().dataSync()[0], 1);
        })
      );
      parameters.dispose();
    },
  });
}

Deno.test("conv norm: counts the same operations either way, passes NaN on, refuses a wrong sum", () => {
  const { parameters, layer } = build(shapeOf(3, 8, 3, 1, 2));
  tf.tidy(() => {
    const x = uniform<tf.Rank.R4>(new Random("x"), [1, 6, 5, 3]);
    const count = () => countMacs(() => void layer.apply(x)).macs;
    assertEquals(count(), 6 * 5 * 8 * 9 * 3);
    assertEquals(tf.withoutNativeOps(count), 6 * 5 * 8 * 9 * 3);
    const spoilt = tf.where(tf.equal(x, x.max()), NaN, x) as tf.Tensor4D;
    assertEquals(layer.apply(spoilt).isNaN().any().dataSync()[0], 1);
    let refused = false;
    try {
      layer.apply(x, tf.zeros([1, 5, 6, 8]));
    } catch {
      refused = true;
    }
    assertEquals(refused, true);
  });
  parameters.dispose();
});

Deno.test("conv norm: gradients of input, weights and what is added", () => {
  const { parameters, layer } = build(shapeOf(3, 4, 2, 2, 2));
  const random = new Random("x");
  const x = uniform<tf.Rank.R4>(random, [2, 4, 6, 3], -1, 1);
  const added = uniform<tf.Rank.R4>(random, [2, 2, 3, 4], -1, 1);
  assertGradients(
    (...[x, added]) => layer.apply(x as tf.Tensor4D, added as tf.Tensor4D).square().sum(),
    [x, added],
  );
  tf.tidy(() => {
    const { grads } = tf.variableGrads(() => layer.apply(x, added).square().sum());
    for (const name of parameters.names("trainable")) {
      assertEquals(grads[parameters.get(name).name].abs().max().dataSync()[0] > 0, true, name);
    }
  });
  tf.dispose([x, added]);
  parameters.dispose();
});
