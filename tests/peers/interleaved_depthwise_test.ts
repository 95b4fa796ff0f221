import { assertEquals } from "@std/assert";
import { Parameters } from "../../lib/nn/parameters.ts";
import {
  DoublingDepthwiseConv3d,
  HalvingDepthwiseConv3d,
  withoutLastPlanes,
} from "../../lib/peers/interleaved_depthwise.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak } from "../tensors.ts";
import {
  assertParameterGradients,
  assertSamplesApart,
  randomize,
  volume,
  weighed,
} from "./randomized.ts";
import { places, valuesOf } from "./slow.ts";

const channels = 2;

/** One channel's values by place. */
type Field = (place: readonly number[]) => number;

/** `[z, y, x, c]` values of a field per channel. */
function fill(grid: readonly number[], fields: readonly Field[]): number[] {
  return places(grid).flatMap((place) => fields.map((field) => field(place)));
}

function fieldsOf(x: tf.Tensor5D, grid: readonly number[]): Field[] {
  const values = x.dataSync();
  const isInside = (place: readonly number[]) =>
    place.every((at, axis) => at >= 0 && at < grid[axis]);
  const index = (place: readonly number[]) =>
    place.reduce((sum, at, axis) => sum * grid[axis] + at, 0);
  return Array.from(
    { length: channels },
    (_, c) => (place) => isInside(place) ? values[index(place) * channels + c] : 0,
  );
}

Deno.test("a halving depth-wise convolution has stride 2 and two zeros around", () => {
  const parameters = new Parameters(0);
  const layer = new HalvingDepthwiseConv3d(parameters.root(), channels);
  randomize(parameters);
  const [weight, bias] = ["weight", "bias"].map((name) => valuesOf(parameters, name));
  const x = volume(1, 4, 2, 6, channels);
  const fields = fieldsOf(x, [4, 2, 6]).map((field, c): Field => (place) =>
    places([5, 5, 5]).reduce((sum, tap, i) => {
      const from = place.map((at, axis) => 2 * at + tap[axis] - 2);
      return sum + weight[i * channels + c] * field(from);
    }, bias[c])
  );
  const expected = tf.tensor(fill([2, 1, 3], fields), [1, 2, 1, 3, channels]);
  assertClose(layer.apply(x), expected, 1e-5, "halved");
  parameters.dispose();
});

Deno.test("a doubling depth-wise convolution spreads every voxel with stride 2", () => {
  const parameters = new Parameters(0);
  const layer = new DoublingDepthwiseConv3d(parameters.root(), channels);
  randomize(parameters);
  const [weight, bias] = ["weight", "bias"].map((name) => valuesOf(parameters, name));
  const grid = [2, 1, 3];
  const x = volume(1, 2, 1, 3, channels);
  const fields = fieldsOf(x, grid).map((field, c): Field => (place) =>
    places(grid).reduce((sum, from) => {
      const tap = place.map((at, axis) => at - 2 * from[axis] + 2);
      if (!tap.every((at) => at >= 0 && at < 5)) return sum;
      const i = tap.reduce((index, at) => index * 5 + at, 0);
      return sum + weight[i * channels + c] * field(from);
    }, bias[c])
  );
  const expected = tf.tensor(fill([3, 1, 5], fields), [1, 3, 1, 5, channels]);
  assertClose(layer.apply(x), expected, 1e-5, "doubled");
  parameters.dispose();
});

Deno.test("halving and doubling: gradients, samples apart, and no tensor is left", async () => {
  for (const Layer of [HalvingDepthwiseConv3d, DoublingDepthwiseConv3d]) {
    const parameters = new Parameters(0);
    const layer = new Layer(parameters.root(), channels);
    randomize(parameters);
    const x = volume(2, 2, 6, 4, channels);
    await assertNoLeak(() => {
      assertGradients((x) => weighed(layer.apply(x as tf.Tensor5D)), [x]);
      assertParameterGradients(parameters, () => weighed(layer.apply(x)));
      assertSamplesApart((x) => layer.apply(x), x);
    });
    parameters.dispose();
  }
});

Deno.test("withoutLastPlanes() cuts the far end of each axis", () => {
  const x = tf.range(0, 12).reshape<tf.Tensor5D>([1, 2, 2, 3, 1]);
  assertEquals([...withoutLastPlanes(x).dataSync()], [0, 1]);
});
