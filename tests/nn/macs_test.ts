import { assertEquals } from "@std/assert";
import { Conv3d } from "../../lib/nn/conv3d.ts";
import { Conv3dTranspose } from "../../lib/nn/conv3d_transpose.ts";
import { DepthwiseConv3d } from "../../lib/nn/depthwise_conv3d.ts";
import { DepthwiseConv3dTranspose } from "../../lib/nn/depthwise_conv3d_transpose.ts";
import { countMacs, elementsOf, paperOperations } from "../../lib/nn/macs.ts";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { RefineBlock } from "../../lib/nn/refine_block.ts";
import * as tf from "../../lib/tf.ts";

const volume = (...shape: [number, number, number, number, number]) =>
  tf.zeros(shape) as tf.Tensor5D;

function macsOf(apply: () => tf.Tensor): number {
  return countMacs(() => tf.dispose(apply())).macs;
}

Deno.test("layers report the multiply-accumulates of their definition", () => {
  const scope = new Parameters(0).root();
  const padded = new Conv3d(scope.child("padded"), {
    inputs: 2,
    outputs: 3,
    kernel: 3,
    stride: 2,
    padding: 1,
  });
  // 2 x 3 x 2 output voxels, padding counted.
  assertEquals(macsOf(() => padded.apply(volume(1, 4, 6, 3, 2))), 12 * 27 * 2 * 3);
  const dense = new Conv3dTranspose(scope.child("dense"), { inputs: 3, outputs: 2, kernel: 2 });
  assertEquals(macsOf(() => dense.apply(volume(2, 2, 3, 1, 3))), 12 * 8 * 3 * 2);
  const depthwise = new DepthwiseConv3d(scope.child("depthwise"), { channels: 5, kernel: 3 });
  assertEquals(macsOf(() => depthwise.apply(volume(1, 2, 3, 4, 5))), 24 * 27 * 5);
  const grown = new DepthwiseConv3dTranspose(scope.child("grown"), { channels: 5, kernel: 2 });
  assertEquals(macsOf(() => grown.apply(volume(1, 2, 3, 4, 5))), 24 * 8 * 5);
});

Deno.test("a refine block costs N (19 c^2 + 82 c) + 3 n c^2 + 2 n^2 c", () => {
  const [channels, heads, stride] = [6, 2, 2];
  const parameters = new Parameters(0);
  const block = new RefineBlock(parameters.root(), { channels, heads, stride });
  const voxels = 2 * 4 * 6;
  const tokens = voxels / stride ** 3;
  const count = countMacs(() => tf.dispose(block.apply(volume(1, 2, 4, 6, channels), inference)));
  const mixing = voxels * (19 * channels ** 2 + 82 * channels);
  const attention = 3 * tokens * channels ** 2 + 2 * tokens ** 2 * channels;
  assertEquals(count.macs, mixing + attention);
  assertEquals(elementsOf(count, "batchNorm"), 2 * voxels * channels);
  assertEquals(paperOperations(count), count.macs + 5 * 3 * voxels * channels);
  assertEquals(parameters.count(), 22 * channels ** 2 + (88 + stride ** 3) * channels);
});

Deno.test("a count inside a count belongs to both, and none is left open", () => {
  const layer = new DepthwiseConv3d(new Parameters(0).root(), { channels: 1, kernel: 1 });
  const run = () => tf.dispose(layer.apply(volume(1, 1, 1, 7, 1)));
  let inner = 0;
  const outer = countMacs(() => {
    run();
    inner = countMacs(run).macs;
  });
  assertEquals([inner, outer.macs], [7, 14]);
  run();
  assertEquals(outer.records.length, 2);
});
