import { assertEquals } from "@std/assert";
import type { SegmentorConfig } from "../../lib/config/config.ts";
import { presets } from "../../lib/config/presets.ts";
import { exists } from "../../lib/files.ts";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { fromPytorch, permute } from "../../lib/nn/pytorch_layout.ts";
import { readSafetensors } from "../../lib/nn/safetensors.ts";
import { projectRoot } from "../../lib/paths.ts";
import { fromPublished, publishedName } from "../../lib/segmentor/published_names.ts";
import { Segmentor } from "../../lib/segmentor/segmentor.ts";
import * as tf from "../../lib/tf.ts";
import { testEachWay } from "../nn/each_way.ts";

const path = `${projectRoot}/../shared/fixtures/segmentor_small.safetensors`;
const ignore = !await exists(path);

const config: SegmentorConfig = { ...presets.paper.segmentor, channels: [8, 12, 20, 32] };

/** Tensors of the fixture whose names begin with `prefix`, without it. */
async function read(prefix: string): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
  const { tensors } = await readSafetensors(path);
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, { shape, data }]) => [
    name.slice(prefix.length),
    { shape, data: data as Float32Array },
  ]));
}

async function published(): Promise<{ parameters: Parameters; segmentor: Segmentor }> {
  const parameters = new Parameters(0);
  const segmentor = new Segmentor(parameters, config, 1);
  parameters.write(fromPublished(await read("weight:"), parameters.names()), "the fixture");
  return { parameters, segmentor };
}

/** A published volume `[n, c, d, h, w]` with channels last. */
function volume(values: { shape: number[]; data: Float32Array }): tf.Tensor5D {
  const { shape, data } = permute(values, [0, 2, 3, 4, 1]);
  return tf.tensor5d(data, shape as [number, number, number, number, number]);
}

/** The largest absolute difference as a share of the largest expected value. */
function error(actual: Float32Array, expected: Float32Array): number {
  assertEquals(actual.length, expected.length);
  let [difference, scale] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return difference / scale;
}

function assertBelow(value: number, limit: number, what: string): void {
  if (!(value < limit)) throw new Error(`${what}: error ${value} is not below ${limit}`);
}

testEachWay({
  name: "published weights fill every parameter and nothing is left over",
  ignore,
  async fn() {
    const { parameters } = await published();
    const names = parameters.names().map((name) => publishedName(name).name);
    assertEquals(new Set(names).size, names.length);
    assertEquals([...(await read("weight:")).keys()].toSorted(), names.toSorted());
    parameters.dispose();
  },
});

for (const edge of [16, 32, 64]) {
  testEachWay({
    name: `published weights give the published logits of a cube of ${edge}`,
    ignore,
    async fn() {
      const { parameters, segmentor } = await published();
      const input = (await read("input:")).get(`${edge}`)!;
      const expected = volume((await read("output:")).get(`${edge}`)!);
      const logits = segmentor.apply(volume(input), inference);
      assertEquals(logits.shape, expected.shape);
      const difference = error(
        logits.dataSync() as Float32Array,
        expected.dataSync() as Float32Array,
      );
      assertBelow(difference, 3e-5, "logits");
      parameters.dispose();
    },
  });
}

// At 32 the fixture's attention products reach 3e4 next to a tie of two keys, and float32 leaves
// them 1e-3 of freedom: against slowLogits in double precision, the fixture's own input gradient is
// off by 2e-4 of its largest value, and ours by 5e-5 or 2e-4 depending on the processor's kernels.
for (const [edge, limit] of [[16, 1e-4], [32, 1e-3]]) {
  testEachWay({
    name: `published weights give the published gradients of a cube of ${edge}`,
    ignore,
    async fn() {
      const { parameters, segmentor } = await published();
      const image = volume((await read("input:")).get(`${edge}`)!);
      const loss = (x: tf.Tensor5D) =>
        segmentor.apply(x, inference).sigmoid().square().sum() as tf.Scalar;
      const expectedInput = volume((await read("grad_input:")).get(`${edge}`)!);
      const slope = tf.grad((x) => loss(x as tf.Tensor5D))(image);
      assertBelow(
        error(slope.dataSync() as Float32Array, expectedInput.dataSync() as Float32Array),
        limit,
        "input",
      );

      const expected = await read(`grad_weight:${edge}:`);
      const names = parameters.names("trainable");
      const wanted = names.filter((name) => expected.has(publishedName(name).name));
      assertEquals(wanted.length, expected.size);
      const { grads } = tf.variableGrads(
        () => loss(image),
        wanted.map((name) => parameters.get(name)),
      );
      for (const name of wanted) {
        const { name: theirs, layout } = publishedName(name);
        const { data } = fromPytorch(expected.get(theirs)!, layout);
        const actual = grads[parameters.get(name).name].dataSync() as Float32Array;
        assertBelow(error(actual, data), limit, name);
      }
      parameters.dispose();
    },
  });
}
