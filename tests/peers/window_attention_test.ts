import { assertEquals } from "@std/assert";
import { Parameters } from "../../lib/nn/parameters.ts";
import { biasedSoftmax } from "../../lib/peers/biased_softmax.ts";
import { WindowAttention } from "../../lib/peers/window_attention.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";
import { Random } from "../../lib/random.ts";
import { assertParameterGradients, randomize, volume, weighed } from "./randomized.ts";
import { dot, mix, places, slowLinear, slowSoftmax, valuesOf, vectors } from "./slow.ts";

const channels = 4;
const heads = 2;
const window = 3;

function build(shifted: boolean): { parameters: Parameters; attention: WindowAttention } {
  const parameters = new Parameters(0);
  const attention = new WindowAttention(parameters.root(), { channels, heads, window, shifted });
  randomize(parameters);
  return { parameters, attention };
}

/**
 * Window attention of one sample, voxel by voxel: the voxels of the padded grid that share a voxel's
 * window and lay on its side of the grid's end before rolling are its keys.
 */
function slowWindowAttention(
  parameters: Parameters,
  x: readonly number[][],
  grid: readonly number[],
  shifted: boolean,
): number[][] {
  const edges = grid.map((edge) => Math.min(edge, window));
  const shifts = grid.map((edge) => shifted && edge > window ? (window - 1) / 2 : 0);
  const padded = grid.map((edge, axis) => Math.ceil(edge / edges[axis]) * edges[axis]);
  const table = valuesOf(parameters, "relative_position_bias_table");
  const indexOf = (place: readonly number[]) =>
    place.reduce((index, position, axis) => index * grid[axis] + position, 0);
  const tokens = places(padded).map((place) => {
    const rolled = place.map((at, axis) => (at - shifts[axis] + padded[axis]) % padded[axis]);
    const inside = rolled.map((at, axis) => at % edges[axis]);
    const number = inside.reduce((sum, at, axis) => sum * edges[axis] + at, 0);
    const isPadding = place.some((at, axis) => at >= grid[axis]);
    const features = isPadding ? new Array<number>(channels).fill(0) : x[indexOf(place)];
    const queryKeyValue = slowLinear(parameters, "qkv", features);
    return {
      place,
      isPadding,
      window: rolled.map((at, axis) => Math.floor(at / edges[axis])).join(),
      side: place.map((at, axis) => at < shifts[axis]).join(),
      // Its number in the window, read as if the window were whole.
      coordinates: [
        Math.floor(number / window ** 2),
        Math.floor(number / window) % window,
        number % window,
      ],
      part: (part: number, head: number) => {
        const width = channels / heads;
        const begin = part * channels + head * width;
        return queryKeyValue.slice(begin, begin + width);
      },
    };
  });
  const span = 2 * window - 1;
  return tokens.filter((token) => !token.isPadding).map((query) => {
    const keys = tokens.filter((key) => key.window === query.window && key.side === query.side);
    const mixed = Array.from({ length: heads }, (_, head) => {
      const logits = keys.map((key) => {
        const row = key.coordinates.reduce(
          (sum, at, axis) => sum * span + query.coordinates[axis] - at + window - 1,
          0,
        );
        const product = dot(query.part(0, head), key.part(1, head));
        return product / Math.sqrt(channels / heads) + table[row * heads + head];
      });
      return mix(slowSoftmax(logits), keys.map((key) => key.part(2, head)));
    });
    return slowLinear(parameters, "proj", mixed.flat());
  });
}

/** One axis is padded and shifted, one clipped, one as long as two windows or shorter than one. */
const cases: [shifted: boolean, grid: [number, number, number]][] = [
  [false, [5, 2, 6]],
  [true, [5, 2, 6]],
  [true, [4, 3, 1]],
];
for (const [shifted, grid] of cases) {
  Deno.test(`window attention, ${shifted ? "shifted" : "plain"}, on ${grid.join("x")}`, () => {
    const { parameters, attention } = build(shifted);
    const x = volume(2, ...grid, channels);
    const expected = tf.unstack(x).flatMap((sample) =>
      slowWindowAttention(parameters, vectors(sample), grid, shifted)
    );
    const actual = attention.apply(x);
    assertEquals(actual.shape, x.shape);
    assertClose(actual, tf.tensor(expected.flat(), x.shape), 1e-5, "attention");
    parameters.dispose();
  });
}

Deno.test("window attention: gradients, and no tensor is left", async () => {
  const { parameters, attention } = build(true);
  const x = volume(2, 5, 2, 4, channels);
  await assertNoLeak(() => {
    assertGradients((x) => weighed(attention.apply(x as tf.Tensor5D)), [x]);
    assertParameterGradients(parameters, () => weighed(attention.apply(x)));
  });
  parameters.dispose();
});

Deno.test("biasedSoftmax(): value and gradients", () => {
  const random = new Random("softmax");
  const logits = uniform(random, [6, 2, 3, 4], -2, 2) as tf.Tensor4D;
  const bias = uniform(random, [2, 3, 4]) as tf.Tensor3D;
  const mask = uniform(random, [3, 3, 4], -1, 0).less(-0.6).mul(-100) as tf.Tensor3D;
  const sum = logits.add(bias).add(tf.tile(mask, [2, 1, 1]).expandDims(1));
  assertClose(biasedSoftmax(logits, bias, mask), tf.softmax(sum), 1e-6, "masked");
  assertClose(biasedSoftmax(logits, bias, null), tf.softmax(logits.add(bias)), 1e-6, "plain");
  assertGradients(
    (logits, bias) => weighed(biasedSoftmax(logits as tf.Tensor4D, bias as tf.Tensor3D, mask)),
    [logits, bias],
  );
});
