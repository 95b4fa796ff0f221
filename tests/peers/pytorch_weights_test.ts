import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { readSafetensors, writeSafetensors } from "../../lib/nn/safetensors.ts";
import { peerNames } from "../../lib/peers/peer.ts";
import {
  fromPytorchWeights,
  loadPytorchWeights,
  savePytorchWeights,
} from "../../lib/peers/pytorch_weights.ts";
import { randomize } from "./randomized.ts";
import { smallPeer } from "./small_peers.ts";

/** Published names of each network, one for each way in which a parameter is stored. */
const examples = {
  "segformer3d": {
    "segformer_encoder.embed_1.patch_embeddings.weight": [8, 1, 7, 7, 7],
    "segformer_encoder.tf_block2.1.attention.key_value.weight": [24, 12],
    "segformer_encoder.tf_block4.0.mlp.dwconv.dwconv.weight": [128, 1, 3, 3, 3],
    "segformer_encoder.tf_block4.0.mlp.dwconv.bn.running_var": [128],
    "segformer_encoder.norm3.weight": [20],
    "segformer_decoder.linear_c4.bn.bias": [24],
    "segformer_decoder.linear_fuse.0.weight": [24, 96, 1, 1, 1],
  },
  "mednext-s": {
    "stem.weight": [5, 1, 1, 1, 1],
    "enc_block_1.1.conv2.weight": [20, 10, 1, 1, 1],
    "down_2.conv1.weight": [20, 1, 5, 5, 5],
    "down_2.res_conv.weight": [40, 20, 1, 1, 1],
    "up_3.res_conv.weight": [80, 40, 1, 1, 1],
    "out_0.conv_out.weight": [5, 1, 1, 1, 1],
    "dummy_tensor": [1],
  },
  "swin-smt": {
    "swinViT.layers2.0.blocks.1.attn.relative_position_bias_table": [2197, 2],
    "swinViT.layers1.0.blocks.0.mlp.linear1.weight": [12, 3],
    "swinViT.layers3.0.blocks.1.mlp.experts.3.3.weight": [12, 48],
    "swinViT.layers4.0.blocks.0.mlp.to_slot_embeds.2.gamma": [24],
    "swinViT.layers4.0.blocks.1.attn.relative_position_index": [343, 343],
    "swinViT.patch_embed.proj.weight": [3, 1, 2, 2, 2],
    "encoder1.layer.conv3.conv.weight": [3, 1, 1, 1, 1],
    "encoder10.layer.conv1.conv.weight": [48, 48, 3, 3, 3],
    "decoder5.transp_conv.conv.weight": [48, 24, 2, 2, 2],
    "decoder1.conv_block.conv2.conv.weight": [3, 3, 3, 3, 3],
    "out.conv.conv.weight": [1, 3, 1, 1, 1],
    "out.conv.conv.bias": [1],
  },
  "slim-unetr": {
    "Encoder.DWconv2.depth_wise.weight": [12, 8, 2, 2, 2],
    "Encoder.block3.1.LocalRD.conv_trans.weight": [20, 1, 2, 2, 2],
    "Encoder.position_embeddings": [1, 6, 32],
    "Decoder.block4.0.LineConv1.line_conv_0.weight": [128, 32, 1, 1, 1],
    "Decoder.TSconv1.transposed.weight": [32, 20, 2, 2, 2],
    "Decoder.SegHead.norm.bias": [1],
  },
};

for (const name of peerNames) {
  Deno.test(`${name}: weights go to a file in PyTorch's terms and come back`, async () => {
    const [saved, loaded] = [smallPeer(name, 6), smallPeer(name, 6)];
    randomize(saved.parameters);
    const path = await Deno.makeTempFile({ suffix: ".safetensors" });
    await savePytorchWeights(saved, path, { trained: "no" });
    const { tensors } = await readSafetensors(path);
    for (const [published, shape] of Object.entries(examples[name])) {
      assertEquals(tensors.get(published)?.shape, shape, published);
    }
    assertEquals(await loadPytorchWeights(loaded, path), { trained: "no" });
    assertEquals(await loaded.parameters.read(), await saved.parameters.read());
    await Deno.remove(path);
    saved.parameters.dispose();
    loaded.parameters.dispose();
  });
}

Deno.test("swin-smt: convolutions by their own names, and PyTorch's buffers, are taken", async () => {
  const [saved, loaded] = [smallPeer("swin-smt"), smallPeer("swin-smt")];
  randomize(saved.parameters);
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  await savePytorchWeights(saved, path);
  const { tensors } = await readSafetensors(path);
  const bare = new Map(
    [...tensors].map(([name, tensor]) => [name.replace(/\.conv\.(weight|bias)$/, ".$1"), tensor]),
  );
  assertEquals(bare.has("out.conv.bias") && bare.has("decoder5.transp_conv.weight"), true);
  bare.set("any.bn.num_batches_tracked", { dtype: "I32", shape: [], data: Int32Array.of(7) });
  await writeSafetensors(path, bare);
  await loadPytorchWeights(loaded, path);
  assertEquals(await loaded.parameters.read(), await saved.parameters.read());
  await Deno.remove(path);
  saved.parameters.dispose();
  loaded.parameters.dispose();
});

Deno.test("swin-smt: each table of biases has its index beside it, as MONAI counts its rows", async () => {
  const peer = smallPeer("swin-smt");
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  await savePytorchWeights(peer, path);
  const { tensors } = await readSafetensors(path);
  const indices = [...tensors].filter(([name]) => name.endsWith("attn.relative_position_index"));
  assertEquals(indices.length, 8);
  const place = (token: number) => [Math.floor(token / 49), Math.floor(token / 7) % 7, token % 7];
  for (const [name, { dtype, data }] of indices) {
    assertEquals(dtype, "I32", name);
    for (const [query, key] of [[0, 0], [0, 342], [342, 0], [60, 5], [5, 60]]) {
      const [z, y, x] = place(query).map((at, axis) => at - place(key)[axis] + 6);
      assertEquals(data[343 * query + key], (z * 13 + y) * 13 + x, `${name} ${query} ${key}`);
    }
  }
  await Deno.remove(path);
  peer.parameters.dispose();
});

Deno.test("weights of another model are refused, and change nothing", async () => {
  const [peer, other] = [smallPeer("slim-unetr"), smallPeer("slim-unetr", 6)];
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  const before = await peer.parameters.read();
  await savePytorchWeights(other, path);
  const shape = await assertRejects(() => loadPytorchWeights(peer, path), UserError);
  assertEquals(shape.parts.rule, "Encoder.position_embeddings must have shape 1x1x32");
  assertEquals(shape.parts.seen, "1x6x32");
  await writeSafetensors(
    path,
    new Map([["stem.weight", { shape: [1], data: new Float32Array(1) }]]),
  );
  const name = await assertRejects(() => loadPytorchWeights(peer, path), UserError);
  assertEquals(name.parts.rule, "the model has no parameter stem.weight");
  await writeSafetensors(path, new Map());
  const missing = await assertRejects(() => loadPytorchWeights(peer, path), UserError);
  assertEquals(missing.parts.rule.includes("every parameter"), true);
  assertEquals(await peer.parameters.read(), before);
  await Deno.remove(path);
  peer.parameters.dispose();
  other.parameters.dispose();
});

Deno.test("a partly named set of weights is converted alone", () => {
  const peer = smallPeer("mednext-s");
  const values = { shape: [5, 1, 1, 1, 1], data: Float32Array.of(1, 2, 3, 4, 5) };
  const converted = fromPytorchWeights(peer, new Map([["stem.weight", values]]), "a test");
  assertEquals([...converted.keys()], ["stem.weight"]);
  assertEquals(converted.get("stem.weight")!.shape, [1, 1, 1, 1, 5]);
  const wrong = new Map([["stem.weight", { ...values, shape: [5] }]]);
  assertThrows(() => fromPytorchWeights(peer, wrong, "a test"), UserError, "5x1x1x1x1");
  peer.parameters.dispose();
});
