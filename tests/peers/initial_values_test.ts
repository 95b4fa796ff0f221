import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Segformer3d, segformer3dConfig } from "../../lib/peers/segformer3d.ts";
import { smallPeer } from "./small_peers.ts";

/** Mean and standard deviation. */
function moments(values: ArrayLike<number>): [mean: number, deviation: number] {
  const all = Array.from(values);
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  return [mean, Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length)];
}

Deno.test("SegFormer3D's weights start as published", () => {
  const parameters = new Parameters("start");
  new Segformer3d(parameters, segformer3dConfig, 1);
  const expected = {
    "segformer_encoder.embed_2.patch_embeddings.weight": Math.sqrt(2 / (27 * 64)),
    "segformer_encoder.tf_block3.1.mlp.dwconv.dwconv.weight": Math.sqrt(2 / 27),
    "segformer_encoder.tf_block3.1.attention.key_value.weight": 0.02,
    "segformer_decoder.linear_fuse.0.weight": Math.sqrt(2 / 256),
  };
  for (const [name, deviation] of Object.entries(expected)) {
    const [mean, actual] = moments(parameters.get(name).dataSync());
    assertAlmostEquals(mean / deviation, 0, 0.05, name);
    assertAlmostEquals(actual / deviation, 1, 0.05, name);
  }
  for (const name of parameters.names("trainable").filter((name) => name.endsWith("bias"))) {
    assertEquals(new Set(parameters.get(name).dataSync()), new Set([0]), name);
  }
  assertEquals(
    new Set(parameters.get("segformer_encoder.norm1.scale").dataSync()),
    new Set([1]),
  );
  parameters.dispose();
});

Deno.test("the others' weights start uniform by their fan-in, tables normal", () => {
  const [swin, mednext] = [smallPeer("swin-smt").parameters, smallPeer("mednext-s").parameters];
  const bounded = [
    { parameters: swin, name: "encoder10.layer.conv1.weight", fanIn: 27 * 48 },
    { parameters: swin, name: "decoder5.transp_conv.weight", fanIn: 8 * 24 },
    { parameters: mednext, name: "bottleneck.1.conv3.weight", fanIn: 160 },
    { parameters: mednext, name: "up_3.res_conv.weight", fanIn: 40 },
    { parameters: mednext, name: "up_3.conv1.weight", fanIn: 125 },
  ];
  for (const { parameters, name, fanIn } of bounded) {
    const largest = parameters.get(name).abs().max().dataSync()[0];
    assertAlmostEquals(largest * Math.sqrt(fanIn), 1, 0.01, name);
  }
  const table = "swinViT.layers4.0.blocks.1.attn.relative_position_bias_table";
  assertAlmostEquals(moments(swin.get(table).dataSync())[1], 0.02, 1e-3);
  swin.dispose();
  mednext.dispose();
});
