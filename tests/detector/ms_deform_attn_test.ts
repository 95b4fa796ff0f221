import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import {
  deformableSum,
  type LevelShape,
  MultiScaleDeformableAttention,
} from "../../lib/detector/ms_deform_attn.ts";
import { exists } from "../../lib/files.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { readSafetensors } from "../../lib/nn/safetensors.ts";
import { projectRoot } from "../../lib/paths.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";
import { testEachWay } from "../nn/each_way.ts";

const fixture = `${projectRoot}/../shared/fixtures/ms_deform_attn.safetensors`;
const noFixture = !(await exists(fixture));

const levels: LevelShape[] = [{ rows: 3, columns: 5 }, { rows: 2, columns: 1 }];
const sizes = { n: 2, queries: 3, heads: 2, depth: 4, points: 3, pixels: 17 };

/** The core, written as its definition: one place after the other. */
function slowSum(
  value: tf.Tensor4D,
  levels: readonly LevelShape[],
  locations: tf.Tensor<tf.Rank.R6>,
  weights: tf.Tensor5D,
): Float32Array {
  const [n, pixels, heads, depth] = value.shape;
  const [, queries, , levelCount, points] = locations.shape;
  const [v, l, w] = [value.dataSync(), locations.dataSync(), weights.dataSync()];
  const result = new Float32Array(n * queries * heads * depth);
  let place = 0;
  for (let sum = 0; sum < n * queries * heads; sum++) {
    const [sample, head] = [Math.floor(sum / (queries * heads)), sum % heads];
    let start = 0;
    for (let level = 0; level < levelCount; level++) {
      const { rows, columns } = levels[level];
      for (let point = 0; point < points; point++) {
        const x = l[2 * place] * columns - 0.5;
        const y = l[2 * place + 1] * rows - 0.5;
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const share = Math.max(0, 1 - Math.abs(x - column)) *
              Math.max(0, 1 - Math.abs(y - row));
            const pixel = start + row * columns + column;
            for (let channel = 0; channel < depth; channel++) {
              result[sum * depth + channel] += w[place] * share *
                v[((sample * pixels + pixel) * heads + head) * depth + channel];
            }
          }
        }
        place++;
      }
      start += rows * columns;
    }
  }
  return result;
}

function randomInputs(seed: string): {
  value: tf.Tensor4D;
  locations: tf.Tensor<tf.Rank.R6>;
  weights: tf.Tensor5D;
} {
  const random = new Random(seed);
  const { n, queries, heads, depth, points, pixels } = sizes;
  return {
    value: uniform<tf.Rank.R4>(random, [n, pixels, heads, depth]),
    // Beyond 0 .. 1, so that places lie outside too.
    locations: uniform<tf.Rank.R6>(
      random,
      [n, queries, heads, levels.length, points, 2],
      -0.4,
      1.4,
    ),
    weights: uniform<tf.Rank.R5>(random, [n, queries, heads, levels.length, points]),
  };
}

testEachWay("deformable sum: equals its definition, outside places too", async () => {
  await assertNoLeak(() =>
    tf.tidy(() => {
      const { value, locations, weights } = randomInputs("sum");
      const expected = tf.tensor3d(slowSum(value, levels, locations, weights), [2, 3, 8]);
      assertClose(deformableSum(value, levels, locations, weights), expected, 1e-6, "sum");
    })
  );
});

testEachWay("deformable sum: a place on a pixel's centre reads that pixel", () => {
  tf.tidy(() => {
    const value = tf.range(0, 6, 1).reshape<tf.Tensor4D>([1, 6, 1, 1]);
    const locations = tf.tensor([1.5 / 3, 1.5 / 2], [1, 1, 1, 1, 1, 2]) as tf.Tensor<tf.Rank.R6>;
    const summed = deformableSum(
      value,
      [{ rows: 2, columns: 3 }],
      locations,
      tf.ones([1, 1, 1, 1, 1]),
    );
    assertEquals(summed.dataSync()[0], 4);
  });
});

testEachWay("deformable sum: gradients equal differences", () => {
  tf.tidy(() => {
    const { value, locations, weights } = randomInputs("gradient");
    const probe = uniform(new Random("probe"), [2, 3, 8]);
    assertGradients(
      (v, l, w) =>
        deformableSum(
          v as tf.Tensor4D,
          levels,
          l as tf.Tensor<tf.Rank.R6>,
          w as tf.Tensor5D,
        ).mul(probe).sum(),
      [value, locations, weights],
      { step: 2e-3, limit: 2e-2 },
    );
  });
});

testEachWay(
  "deformable attention: heads start in different directions with equal weights",
  async () => {
    const parameters = new Parameters(1);
    new MultiScaleDeformableAttention(parameters.root(), {
      width: 8,
      heads: 4,
      levels: 2,
      points: 2,
    });
    const bias = await parameters.get("samplingOffsets.bias").data();
    const near = (a: number[], b: number[]) => a.every((x, i) => Math.abs(x - b[i]) < 1e-6);
    assertEquals(near([...bias.slice(0, 8)], [1, 0, 2, 0, 1, 0, 2, 0]), true);
    assertEquals(near([...bias.slice(8, 12)], [0, 1, 0, 2]), true);
    assertEquals(near([...bias.slice(16, 20)], [-1, 0, -2, 0]), true);
    for (
      const name of ["samplingOffsets.weight", "attentionWeights.weight", "attentionWeights.bias"]
    ) {
      assertEquals((await parameters.get(name).data()).every((value) => value === 0), true);
    }
    parameters.dispose();
  },
);

testEachWay("deformable attention: heads must divide the width", () => {
  const parameters = new Parameters(1);
  const options = { width: 10, heads: 4, levels: 1, points: 1 };
  assertThrows(() => new MultiScaleDeformableAttention(parameters.root(), options), Error, "heads");
  parameters.dispose();
});

async function readFixture(): Promise<(name: string) => tf.Tensor> {
  const { tensors } = await readSafetensors(fixture);
  return (name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`the fixture has no ${name}`);
    return tf.tensor(tensor.data, tensor.shape);
  };
}

const fixtureLevels: LevelShape[] = [
  { rows: 9, columns: 7 },
  { rows: 5, columns: 4 },
  { rows: 3, columns: 2 },
];

testEachWay({
  name: "deformable sum: values and gradients of the reference",
  ignore: noFixture,
  fn: async () => {
    const stored = await readFixture();
    tf.tidy(() => {
      const inputs = ["value", "sampling_locations", "attention_weights"].map(stored);
      const run = (v: tf.Tensor, l: tf.Tensor, w: tf.Tensor) =>
        deformableSum(
          v as tf.Tensor4D,
          fixtureLevels,
          l as tf.Tensor<tf.Rank.R6>,
          w as tf.Tensor5D,
        );
      assertClose(run(inputs[0], inputs[1], inputs[2]), stored("output"), 1e-6, "output");
      const gradients = tf.grads((v, l, w) => run(v, l, w).square().sum())(inputs);
      ["value", "sampling_locations", "attention_weights"].forEach((name, i) => {
        assertClose(gradients[i], stored(`grad_${name}`), 1e-5, `gradient of ${name}`);
      });
    });
  },
});

/** The reference's names of our parameters; its weights are `[outputs, inputs]`. */
const referenceNames: Readonly<Record<string, string>> = {
  samplingOffsets: "sampling_offsets",
  attentionWeights: "attention_weights",
  valueProjection: "value_proj",
  outputProjection: "output_proj",
};

function referenceName(name: string): string {
  const [layer, part] = name.split(".");
  return `${referenceNames[layer]}.${part}`;
}

testEachWay({
  name: "deformable attention: values and gradients of the reference",
  ignore: noFixture,
  fn: async () => {
    const stored = await readFixture();
    const parameters = new Parameters(1);
    const module = new MultiScaleDeformableAttention(parameters.root(), {
      width: 8,
      heads: 2,
      levels: 3,
      points: 3,
    });
    tf.tidy(() => {
      const initial = parameters.get("samplingOffsets.bias");
      assertClose(initial, stored("init:sampling_offsets.bias"), 1e-6, "initial offsets");
      for (const name of parameters.names()) {
        const theirs = stored(`module:weight:${referenceName(name)}`);
        parameters.get(name).assign(theirs.rank === 2 ? theirs.transpose() : theirs);
      }
      const query = stored("module:query") as tf.Tensor3D;
      const reference = stored("module:reference_points") as tf.Tensor4D;
      const values = stored("module:input_flatten") as tf.Tensor3D;
      const input = { query, reference, values, levels: fixtureLevels };

      assertClose(module.apply(input), stored("module:output"), 1e-6, "output");
      const boxes = stored("module:reference_boxes") as tf.Tensor4D;
      const withBoxes = module.apply({ ...input, reference: boxes });
      assertClose(withBoxes, stored("module:output_boxes"), 1e-6, "output with boxes");
      const padding = stored("module:padding_mask") as tf.Tensor2D;
      const masked = module.apply({ ...input, padding });
      assertClose(masked, stored("module:output_masked"), 1e-6, "output with padding");

      const loss = (...[query, reference, values]: tf.Tensor[]): tf.Scalar =>
        module.apply({
          query: query as tf.Tensor3D,
          reference: reference as tf.Tensor4D,
          values: values as tf.Tensor3D,
          levels: fixtureLevels,
        }).square().sum();
      const gradients = tf.grads(loss)([query, reference, values]);
      ["query", "reference_points", "input_flatten"].forEach((name, i) => {
        assertClose(gradients[i], stored(`module:grad_${name}`), 1e-5, `gradient of ${name}`);
      });
      const { grads } = tf.variableGrads(() => loss(query, reference, values));
      for (const [name, gradient] of gradientsByName(parameters, grads)) {
        const theirs = stored(`module:grad_weight:${referenceName(name)}`);
        const expected = theirs.rank === 2 ? theirs.transpose() : theirs;
        assertClose(gradient, expected, 1e-5, `gradient of ${name}`);
      }
    });
    parameters.dispose();
  },
});

function gradientsByName(
  parameters: Parameters,
  gradients: tf.NamedTensorMap,
): [string, tf.Tensor][] {
  return parameters.names().map((name) => [name, gradients[parameters.get(name).name]]);
}
