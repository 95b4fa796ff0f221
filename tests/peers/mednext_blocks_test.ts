import { assertEquals } from "@std/assert";
import { Parameters } from "../../lib/nn/parameters.ts";
import { MednextBlock, MednextDownBlock, MednextUpBlock } from "../../lib/peers/mednext_blocks.ts";
import * as tf from "../../lib/tf.ts";
import { assertGradients, assertNoLeak } from "../tensors.ts";
import {
  assertParameterGradients,
  assertSamplesApart,
  randomize,
  volume,
  weighed,
} from "./randomized.ts";

const channels = 4;
const square = channels ** 2;

/** Each block, what it makes of a grid, and its number of parameters by the published formula. */
const blocks = [
  {
    Block: MednextBlock,
    to: [2, 4, 6, channels],
    count: 4 * square + 131 * channels,
  },
  {
    Block: MednextDownBlock,
    to: [1, 2, 3, 2 * channels],
    count: 8 * square + 134 * channels,
  },
  {
    Block: MednextUpBlock,
    to: [4, 8, 12, channels / 2],
    count: 3.5 * square + 131 * channels,
  },
];

for (const { Block, to, count } of blocks) {
  Deno.test(`${Block.name}: shape, size, gradients, samples apart, no tensor left`, async () => {
    const parameters = new Parameters(0);
    const block = new Block(parameters.root(), channels);
    randomize(parameters);
    assertEquals(parameters.count(), count);
    const x = volume(2, 2, 4, 6, channels);
    await assertNoLeak(() => {
      tf.tidy(() => assertEquals(block.apply(x).shape, [2, ...to]));
      assertSamplesApart((x) => block.apply(x), x);
      assertGradients((x) => weighed(block.apply(x as tf.Tensor5D)), [x]);
      // Steps of a norm's own input hardly change its result: leave more room for rounding.
      assertParameterGradients(parameters, () => weighed(block.apply(x)), { limit: 2e-2 });
    });
    parameters.dispose();
  });
}

Deno.test("an up block begins each axis with a plane of zeros; between samples lies the bias", () => {
  const parameters = new Parameters(0);
  const block = new MednextUpBlock(parameters.root(), channels);
  randomize(parameters);
  for (const part of ["weight", "bias"]) {
    const variable = parameters.get(`conv3.${part}`);
    variable.assign(tf.zerosLike(variable)); // leaves the shortcut alone
  }
  const y = block.apply(volume(1, 2, 2, 3, channels));
  for (const axis of [1, 2, 3]) {
    const [first] = tf.split(y, y.shape[axis], axis);
    assertEquals(first.abs().max().dataSync()[0], 0);
  }
  const bias = parameters.get("res_conv.bias").dataSync();
  // Voxel 1 of an axis is its first sample, 2 lies before the second one.
  const between = y.slice([0, 2, 1, 1, 0], [1, 1, 1, 1, channels / 2]);
  assertEquals([...between.dataSync()], [...bias]);
  parameters.dispose();
});
