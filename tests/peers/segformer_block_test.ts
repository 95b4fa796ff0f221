import { assertEquals } from "@std/assert";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { attend } from "../../lib/peers/attend.ts";
import { SegformerBlock } from "../../lib/peers/segformer_block.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";
import {
  assertParameterGradients,
  assertSamplesApart,
  randomize,
  volume,
  weighed,
} from "./randomized.ts";
import { dot, mix, slowSoftmax, vectors } from "./slow.ts";

Deno.test("attend() mixes values by the softmax of scaled products", () => {
  const random = new Random("attend");
  const [query, key, value] = [[2, 3, 4, 5], [2, 3, 7, 5], [2, 3, 7, 5]].map((shape) =>
    uniform(random, shape as [number], -3, 3)
  );
  const expected = tf.unstack(query.reshape([6, 4, 5])).flatMap((queries, head) => {
    const [keys, values] = [key, value].map((x) => vectors(x.reshape([6, 7, 5]).slice(head, 1)));
    return vectors(queries).map((query) =>
      mix(slowSoftmax(keys.map((key) => dot(query, key) / Math.sqrt(5))), values)
    );
  });
  const actual = attend(query, key, value);
  assertClose(actual, tf.tensor(expected.flat(), [2, 3, 4, 5]), 1e-5, "attention");
});

for (const reduction of [1, 2]) {
  const options = { channels: 4, heads: 2, reduction };

  Deno.test(`a SegFormer3D block of reduction ${reduction}: shape, size, gradients`, async () => {
    const parameters = new Parameters(0);
    const block = new SegformerBlock(parameters.root(), options);
    randomize(parameters);
    const reducing = reduction === 1 ? 0 : reduction ** 3 * 16 + 3 * 4;
    assertEquals(parameters.count(), 12 * 16 + 133 * 4 + reducing);
    const x = volume(2, 3, 2, 5, 4); // odd edges: the last voxel is in no cube of 2
    await assertNoLeak(() => {
      tf.tidy(() => assertEquals(block.apply(x, inference).shape, x.shape));
      assertSamplesApart((x) => block.apply(x, inference), x);
      assertGradients((x) => weighed(block.apply(x as tf.Tensor5D, inference)), [x]);
      assertParameterGradients(parameters, () => weighed(block.apply(x, inference)));
    });
    parameters.dispose();
  });
}

Deno.test("a SegFormer3D block sees all voxels, and drops incomplete cubes of its keys", () => {
  const parameters = new Parameters(0);
  const block = new SegformerBlock(parameters.root(), { channels: 4, heads: 1, reduction: 2 });
  randomize(parameters);
  const influence = (place: number[]) =>
    tf.tidy(() => {
      const far = (x: tf.Tensor) =>
        block.apply(x as tf.Tensor5D, inference).slice([0, 4, 0, 0, 0], [1, 1, 1, 1, 4]).sum();
      const slope = tf.grad(far)(volume(1, 5, 1, 5, 4).concat(volume(1, 5, 1, 5, 4), 2));
      return slope.slice([0, ...place, 0], [1, 1, 1, 1, 4]).abs().max().dataSync()[0];
    });
  assertEquals([influence([0, 1, 3]) > 0, influence([1, 0, 4])], [true, 0]);
  parameters.dispose();
});
