import { assertEquals } from "@std/assert";
import { countMacs } from "../../lib/nn/macs.ts";
import { Parameters, type Pass } from "../../lib/nn/parameters.ts";
import { RefineBlock, type RefineBlockOptions } from "../../lib/nn/refine_block.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";

const ignore = !tf.hasNativeOps();

interface Case {
  readonly shape: [number, number, number, number, number];
  readonly heads: number;
  readonly stride: number;
}

// Strides 1, 2, 4; edges not equal; channels beside every vector's width; one and several samples.
const cases: Case[] = [
  { shape: [2, 4, 8, 4, 24], heads: 1, stride: 4 },
  { shape: [3, 2, 4, 6, 20], heads: 4, stride: 2 },
  { shape: [2, 3, 1, 5, 12], heads: 3, stride: 1 },
  { shape: [1, 2, 2, 2, 96], heads: 4, stride: 1 },
  { shape: [5, 4, 4, 6, 60], heads: 4, stride: 2 },
  { shape: [2, 8, 6, 8, 17], heads: 1, stride: 2 },
];

function makeBlock({ shape, heads, stride }: Case) {
  const options: RefineBlockOptions = { channels: shape[4], heads, stride };
  const parameters = new Parameters("refine block");
  const block = new RefineBlock(parameters.root(), options);
  const random = new Random("shaken");
  for (const name of parameters.names()) {
    const variable = parameters.get(name);
    if (variable.rank > 1) continue;
    variable.assign(uniform(random, variable.shape as [number], 0.5, 1.5));
  }
  return { parameters, block };
}

/** Result, moved statistics and every gradient of a block, by name. */
async function measure(
  { shape, heads, stride }: Case,
  pass: Pass,
  native: boolean,
): Promise<Map<string, tf.Tensor>> {
  const { parameters, block } = makeBlock({ shape, heads, stride });
  const random = new Random("input");
  const [x, slope] = [uniform(random, shape, -2, 2) as tf.Tensor5D, uniform(random, shape)];
  const before = await parameters.read();
  const found = new Map<string, tf.Tensor>();
  const run = () => {
    found.set("result", block.apply(x, pass));
    for (const name of parameters.names()) {
      if (name.includes("running")) found.set(name, parameters.get(name).clone());
    }
    parameters.write(before, "the test");
    const loss = (x: tf.Tensor) =>
      block.apply(x as tf.Tensor5D, pass).mul(slope).sum() as tf.Scalar;
    found.set("input", tf.grad(loss)(x));
    parameters.write(before, "the test");
    const names = parameters.names("trainable");
    const { grads } = tf.variableGrads(() => loss(x), names.map((name) => parameters.get(name)));
    for (const name of names) found.set(name, grads[parameters.get(name).name]);
  };
  if (native) run();
  else tf.withoutNativeOps(run);
  parameters.dispose();
  return found;
}

for (const one of cases) {
  for (const training of [false, true]) {
    const what = `${one.shape.join("x")}, ${one.heads} heads, stride ${one.stride}`;
    Deno.test({
      name: `a fused refine block is its composed twin: ${what}, ${
        training ? "training" : "inference"
      }`,
      ignore,
      async fn() {
        const [ours, theirs] = [
          await measure(one, { training }, true),
          await measure(one, { training }, false),
        ];
        assertEquals([...ours.keys()], [...theirs.keys()]);
        assertEquals(ours.size, 1 + 4 + 1 + 19);
        for (const [name, expected] of theirs) {
          const scale = expected.abs().max();
          assertClose(ours.get(name)!.div(scale), expected.div(scale), 2e-5, name);
        }
      },
    });
  }
}

Deno.test({
  name: "a fused refine block has the numeric gradient",
  ignore,
  fn() {
    const shape: Case["shape"] = [2, 2, 4, 2, 6];
    const { parameters, block } = makeBlock({ shape, heads: 2, stride: 2 });
    const x = uniform(new Random("input"), shape);
    const slope = uniform(new Random("slope"), shape);
    for (const training of [false, true]) {
      assertGradients(
        (x) => block.apply(x as tf.Tensor5D, { training }).mul(slope).sum(),
        [x],
        { step: 1e-3 },
      );
    }
    parameters.dispose();
  },
});

Deno.test({
  name: "a fused refine block reports the operations of its layers, in their order",
  ignore,
  fn() {
    for (const one of cases) {
      const { parameters, block } = makeBlock(one);
      const x = tf.zeros(one.shape) as tf.Tensor5D;
      const count = () => countMacs(() => block.apply(x, { training: false }).dispose());
      assertEquals(count(), tf.withoutNativeOps(count));
      parameters.dispose();
    }
  },
});

Deno.test({
  name: "a fused refine block gives the same bits every time",
  ignore,
  async fn() {
    const one: Case = { shape: [4, 8, 8, 8, 48], heads: 2, stride: 2 };
    const [first, second] = [
      await measure(one, { training: true }, true),
      await measure(one, { training: true }, true),
    ];
    for (const [name, tensor] of first) {
      assertEquals(second.get(name)!.dataSync(), tensor.dataSync(), name);
    }
  },
});

Deno.test({
  name: "in inference each sample of a fused batch gets what it gets alone, to the bit",
  ignore,
  fn() {
    const shape: Case["shape"] = [3, 4, 4, 4, 24];
    const { parameters, block } = makeBlock({ shape, heads: 2, stride: 2 });
    const x = uniform(new Random("input"), shape) as tf.Tensor5D;
    const together = block.apply(x, { training: false }).unstack();
    x.unstack().forEach((sample, i) => {
      const alone = block.apply(sample.expandDims<tf.Tensor5D>(0), { training: false });
      assertEquals(alone.dataSync(), together[i].dataSync());
    });
    parameters.dispose();
  },
});

Deno.test({
  name: "a fused refine block leaves no tensors behind, and passes NaN on",
  ignore,
  async fn() {
    const shape: Case["shape"] = [1, 2, 2, 2, 5];
    const { parameters, block } = makeBlock({ shape, heads: 1, stride: 1 });
    const x = uniform(new Random("input"), shape) as tf.Tensor5D;
    await assertNoLeak(() => {
      block.apply(x, { training: false }).dispose();
      block.apply(x, { training: true }).dispose();
      tf.grad((x) => block.apply(x as tf.Tensor5D, { training: true }).sum())(x).dispose();
    });
    const spoilt = x.mul<tf.Tensor5D>(NaN);
    assertEquals(block.apply(spoilt, { training: false }).isNaN().all().dataSync()[0], 1);
    parameters.dispose();
  },
});
