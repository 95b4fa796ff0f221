import { assertEquals } from "@std/assert";
import { Conv3d } from "../../lib/nn/conv3d.ts";
import { Conv3dTranspose } from "../../lib/nn/conv3d_transpose.ts";
import { depthwiseConv3d } from "../../lib/nn/depthwise_conv3d.ts";
import { gelu } from "../../lib/nn/gelu.ts";
import { nativeGroupNorm, nativeLayerNorm } from "../../lib/nn/native_norm.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { standardize } from "../../lib/nn/standardize.ts";
import { ThinConv3d } from "../../lib/nn/thin_conv3d.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { blendFlat, concatFlat } from "../../lib/training/flat.ts";
import { diceCrossEntropyLoss, diceFocalLoss } from "../../lib/training/segmentation_loss.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";

const ignore = !tf.hasNativeOps();

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Fails unless two functions have the same value and the same gradients for random inputs. */
function assertAlike(
  actual: Function,
  expected: Function,
  inputs: tf.Tensor[],
  limit = 2e-5,
): void {
  tf.tidy(() => {
    const slope = uniform(new Random("slope"), expected(...inputs).shape as [number]);
    const measure = (run: Function) => [
      run(...inputs),
      ...tf.grads((...xs) => run(...xs).mul(slope).sum())(inputs),
    ];
    const [ours, theirs] = [measure(actual), measure(expected)];
    ours.forEach((tensor, i) => {
      const scale = theirs[i].abs().max().maximum(1);
      assertClose(tensor.div(scale), theirs[i].div(scale), limit, i ? `input ${i - 1}` : "value");
    });
  });
}

const composed = (run: Function): Function => (...xs) => tf.withoutNativeOps(() => run(...xs));

// Odd edges, channels beside every vector's width, batches, and sizes that are worth two threads.
for (
  const [shape, kernel] of [
    [[2, 3, 5, 4, 7], 3],
    [[1, 1, 1, 1, 3], 3],
    [[3, 2, 2, 2, 96], 3],
    [[2, 9, 6, 5, 24], 3],
    [[2, 12, 10, 14, 17], 3],
    [[1, 4, 3, 6, 20], 5],
    [[1, 2, 7, 3, 33], 7],
  ] as [[number, number, number, number, number], number][]
) {
  Deno.test({
    name: `native depth-wise convolution: ${shape.join("x")}, kernel ${kernel}`,
    ignore,
    fn() {
      const random = new Random("depthwise");
      const x = uniform(random, shape);
      const weight = uniform(random, [kernel, kernel, kernel, shape[4]]);
      const run: Function = (x, w) => depthwiseConv3d(x as tf.Tensor5D, w as tf.Tensor4D);
      assertAlike(run, composed(run), [x, weight]);
    },
  });
}

for (
  const [shape, groups] of [
    [[2, 3, 4, 5, 6], 3],
    [[2, 8, 6, 8, 24], 1],
    [[3, 4, 4, 4, 1], 1],
    [[1, 33, 31, 32, 1], 1],
    [[2, 5, 3, 2, 7], 1],
    [[2, 17, 16, 9, 20], 20],
    [[4, 3, 6], 2],
  ] as [number[], number][]
) {
  Deno.test({
    name: `native group norm: ${shape.join("x")}, groups ${groups}`,
    ignore,
    fn() {
      const random = new Random("group norm");
      const channels = shape[shape.length - 1];
      const x = uniform(random, shape as [number], -1, 3);
      const [scale, shift] = [uniform(random, [channels]), uniform(random, [channels])];
      assertAlike(
        (x, scale, shift) => nativeGroupNorm(x, scale, shift, { groups, epsilon: 1e-3 }),
        (x, scale, shift) =>
          standardize(x.reshape([shape[0], -1, groups, channels / groups]), [1, 3], 1e-3)
            .reshape([-1, channels]).mul(scale).add(shift).reshape(shape),
        [x, scale, shift],
      );
    },
  });
}

for (const [rows, channels] of [[1, 5], [7, 24], [900, 96], [3, 770]]) {
  Deno.test({
    name: `native layer norm: ${rows} rows of ${channels}`,
    ignore,
    fn() {
      const random = new Random("layer norm");
      const x = uniform(random, [rows, channels], -1, 3);
      const [scale, shift] = [uniform(random, [channels]), uniform(random, [channels])];
      assertAlike(
        (x, scale, shift) => nativeLayerNorm(x, scale, shift, 1e-3),
        (x, scale, shift) => standardize(x, [1], 1e-3).mul(scale).add(shift),
        [x, scale, shift],
      );
    },
  });
}

Deno.test({
  name: "native gelu: equals the composed one, is finite far out, and passes NaN on",
  ignore,
  fn() {
    const x = uniform(new Random("gelu"), [20_003], -8, 8);
    assertAlike(gelu, composed(gelu), [x], 2e-6);
    const far = tf.tensor1d([-1e38, -1e19, -50, 0, 50, 1e19, 1e38]);
    assertEquals([...gelu(far).dataSync()], [...far.relu().dataSync()]);
    const slopes = tf.grad((x) => gelu(x).sum())(far).dataSync();
    assertEquals([...slopes].map(Math.abs), [0, 0, 0, 0.5, 1, 1, 1]);
    assertEquals(gelu(tf.tensor1d([1, NaN, 2])).isNaN().dataSync().join(), "0,1,0");
  },
});

for (const bias of [true, false]) {
  for (
    const [shape, kernel, outputs] of [
      [[2, 4, 6, 2, 1], 2, 5],
      [[1, 8, 4, 12, 3], 4, 24],
      [[3, 6, 3, 9, 20], 3, 17],
      [[2, 10, 12, 8, 24], 2, 48],
    ] as [[number, number, number, number, number], number, number][]
  ) {
    Deno.test({
      name: `native convolution by cubes, down and up: ${shape.join("x")}, kernel ${kernel}, ${
        bias ? "with" : "without"
      } bias`,
      ignore,
      fn() {
        const parameters = new Parameters("cubes");
        const options = { inputs: shape[4], outputs, kernel, bias };
        const down = new Conv3d(parameters.root().child("down"), { ...options, stride: kernel });
        const up = new Conv3dTranspose(parameters.root().child("up"), options);
        const x = uniform(new Random("cubes"), shape) as tf.Tensor5D;
        for (const layer of [down, up]) {
          const run: Function = (x) => layer.apply(x as tf.Tensor5D);
          assertAlike(run, composed(run), [x]);
          const weights = [layer.weight, ...(layer.bias ? [layer.bias] : [])];
          const slopes = () =>
            tf.variableGrads(() => layer.apply(x).square().sum() as tf.Scalar, weights).grads;
          const [ours, theirs] = [slopes(), tf.withoutNativeOps(slopes)];
          for (const { name } of weights) {
            const scale = theirs[name].abs().max();
            assertClose(ours[name].div(scale), theirs[name].div(scale), 2e-6, name);
          }
        }
        parameters.dispose();
      },
    });
  }
}

// Rows shorter and longer than a vector, odd channels beside 8, 4, 2 and 1, volumes of several tasks.
for (
  const [shape, channels, outputs, rectified] of [
    [[2, 3, 5, 4], [1], 8, true],
    [[1, 1, 1, 1], [2], 3, false],
    [[1, 9, 6, 17], [1, 1, 8], 1, false],
    [[2, 19, 7, 33], [15], 4, true],
    [[1, 24, 20, 64], [2], 9, false],
    [[1, 17, 12, 47], [3, 9], 3, true],
  ] as [number[], number[], number, boolean][]
) {
  const size = `${shape.join("x")} x ${channels.join(" + ")} to ${outputs}`;
  Deno.test({
    name: `native thin convolution: ${size}${rectified ? ", ReLU" : ""}`,
    ignore,
    fn() {
      const parameters = new Parameters("thin");
      const inputs = channels.reduce((sum, count) => sum + count);
      const conv = new ThinConv3d(parameters.root(), { inputs, outputs, rectified });
      const random = new Random("thin");
      const parts = channels.map((count) =>
        uniform(random, [...shape, count] as [number]) as tf.Tensor as tf.Tensor5D
      );
      const run: Function = (...parts) => conv.apply(parts as tf.Tensor5D[]);
      assertAlike(run, composed(run), parts);
      const slope = uniform(random, [...shape, outputs] as [number]);
      const names = parameters.names();
      const weights = names.map((name) => parameters.get(name));
      const slopes = () =>
        tf.variableGrads(() => conv.apply(parts).mul(slope).sum() as tf.Scalar, weights).grads;
      const [ours, theirs] = [slopes(), tf.withoutNativeOps(slopes)];
      for (const [i, { name }] of weights.entries()) {
        const scale = theirs[name].abs().max();
        assertClose(ours[name].div(scale), theirs[name].div(scale), 5e-6, names[i]);
      }
      parameters.dispose();
    },
  });
}

Deno.test({
  name: "native thin convolution: what is not a number stays so, also behind a ReLU",
  ignore,
  fn() {
    const parameters = new Parameters("thin");
    const conv = new ThinConv3d(parameters.root(), { inputs: 2, outputs: 8, rectified: true });
    const [weights] = parameters.names().map((name) => parameters.get(name));
    weights.assign(tf.fill(weights.shape, NaN));
    const x = tf.ones([1, 3, 5, 4, 2]) as tf.Tensor5D;
    const run = () => conv.apply([x]).isNaN().all().dataSync()[0];
    assertEquals([run(), tf.withoutNativeOps(run)], [1, 1]);
    parameters.dispose();
  },
});

for (const loss of [diceCrossEntropyLoss, diceFocalLoss]) {
  Deno.test({
    name: `native ${loss.name}: equals the composed one, each part with its own gradient`,
    ignore,
    fn() {
      const random = new Random("loss");
      const logits = uniform(random, [3, 17, 40, 30, 1], -12, 12);
      const target = uniform(random, [3, 17, 40, 30, 1], 0, 1);
      for (const part of [0, 1]) {
        const run: Function = (x) => Object.values(loss(x, target))[part];
        assertAlike(run, composed(run), [logits]);
      }
      const small = uniform(random, [2, 2, 3, 1, 1], -3, 3);
      assertGradients(
        (x) =>
          tf.addN(Object.values(loss(x, target.slice([0, 0, 0, 0, 0], [2, 2, 3, 1, 1])))).mul(100),
        [small],
      );
      const extreme = tf.tensor([-1e5, -100, 0, 100, 1e5], [1, 5, 1]);
      const slope = tf.grad((x) => tf.addN(Object.values(loss(x, tf.zerosLike(x)))))(extreme);
      assertEquals(slope.isFinite().all().dataSync()[0], 1);
    },
  });
}

Deno.test({
  name: "native flat vectors: end to end and blended as the composed ones",
  ignore,
  fn() {
    const random = new Random("flat");
    const tensors = [
      uniform(random, [3, 2]),
      uniform(random, [70_001]),
      uniform(random, [1, 1, 5]),
    ];
    const flat = uniform(random, [70_012]) as tf.Tensor1D;
    const join = () => concatFlat(tensors);
    assertEquals(join().dataSync(), tf.withoutNativeOps(join).dataSync());
    const blend = () => blendFlat(flat, tensors, 0.3);
    assertClose(blend(), tf.withoutNativeOps(blend), 1e-6, "blend");
  },
});

Deno.test({
  name: "native ops refuse what does not fit, in words",
  ignore,
  fn() {
    const wrong: [string, tf.RawAttrs, tf.Tensor[]][] = [
      ["RoisegDepthwiseConv3d", { mirrored: tf.attr.bool(false) }, [
        tf.zeros([2, 3, 3]),
        tf.zeros([3, 3, 3, 3]),
      ]],
      ["RoisegDepthwiseConv3d", { mirrored: tf.attr.bool(false) }, [
        tf.zeros([1, 3, 3, 3, 2]),
        tf.zeros([3, 3, 3, 3]),
      ]],
      ["RoisegDepthwiseConv3d", { mirrored: tf.attr.bool(false) }, [
        tf.zeros([1, 3, 3, 3, 2]),
        tf.zeros([3, 1, 1, 2]),
      ]],
      ["RoisegCubeConv3d", {}, [
        tf.zeros([1, 4, 4, 4, 1]),
        tf.zeros([1, 2, 1, 1, 3]),
        tf.zeros([3]),
      ]],
      ["RoisegLayerNorm", { epsilon: tf.attr.float(1e-5) }, [
        tf.zeros([5, 6]),
        tf.zeros([4]),
        tf.zeros([4]),
      ]],
      ["RoisegCubeConv3d", {}, [
        tf.zeros([1, 3, 4, 4, 1]),
        tf.zeros([2, 2, 2, 1, 3]),
        tf.zeros([3]),
      ]],
      ["RoisegThinConv3d", { rectified: tf.attr.bool(true), part_count: tf.attr.int(1) }, [
        tf.zeros([1, 3, 4, 4, 2]),
        tf.zeros([3, 3, 3, 1, 8]),
        tf.zeros([8]),
      ]],
      ["RoisegThinConv3d", { rectified: tf.attr.bool(true), part_count: tf.attr.int(2) }, [
        tf.zeros([1, 3, 4, 4, 2]),
        tf.zeros([1, 3, 4, 5, 1]),
        tf.zeros([3, 3, 3, 3, 8]),
        tf.zeros([8]),
      ]],
      ["RoisegGeluBack", {}, [tf.zeros([2]), tf.zeros([3])]],
    ];
    for (const [name, attributes, inputs] of wrong) {
      let message = "";
      try {
        tf.rawOps(name, attributes, inputs, name === "RoisegLayerNorm" ? 3 : 1);
      } catch (error) {
        message = String(error);
      }
      assertEquals(/axes|fit/.test(message), true, `${name}: ${message}`);
    }
  },
});

Deno.test({
  name: "native ops leave no tensors behind",
  ignore,
  async fn() {
    const parameters = new Parameters("leaks");
    const conv = new Conv3d(parameters.root(), { inputs: 2, outputs: 3, kernel: 2, stride: 2 });
    const thin = new ThinConv3d(parameters.root().child("thin"), {
      inputs: 4,
      outputs: 3,
      rectified: true,
    });
    const x = uniform(new Random("leaks"), [1, 4, 4, 4, 2]) as tf.Tensor5D;
    const ones = tf.ones([2]);
    await assertNoLeak(() => {
      conv.apply(x).dispose();
      thin.apply([x, x]).dispose();
      tf.dispose(tf.variableGrads(() => thin.apply([x, x]).sum()));
      tf.grad((y) => thin.apply([x, y as tf.Tensor5D]).sum())(x).dispose();
      gelu(x).dispose();
      nativeGroupNorm(x, ones, ones, { groups: 1, epsilon: 1 }).dispose();
      tf.grad((x) => depthwiseConv3d(x as tf.Tensor5D, tf.ones([3, 3, 3, 2])).sum())(x).dispose();
    });
    parameters.dispose();
  },
});
