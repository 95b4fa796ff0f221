import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Parameters } from "../../lib/nn/parameters.ts";
import { PatchMerging } from "../../lib/peers/patch_merging.ts";
import { ResidualBlock } from "../../lib/peers/residual_block.ts";
import { SwinEncoder } from "../../lib/peers/swin_encoder.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak } from "../tensors.ts";
import {
  assertParameterGradients,
  assertSamplesApart,
  randomize,
  volume,
  weighed,
} from "./randomized.ts";
import { slowLinear } from "./slow.ts";

Deno.test("merging joins the published corners of each cube, in their order", () => {
  const parameters = new Parameters(0);
  const merging = new PatchMerging(parameters.root(), 1);
  randomize(parameters);
  parameters.get("norm.scale").assign(tf.ones([8]));
  parameters.get("norm.shift").assign(tf.zeros([8]));
  const x = volume(1, 4, 2, 6, 1);
  const at = (z: number, y: number, x: number) => values[(z * 2 + y) * 6 + x];
  const values = x.dataSync();
  const expected = [0, 1].flatMap((z) =>
    [0, 1, 2].flatMap((x) => {
      const corners = ["000", "100", "010", "001", "101", "010", "001", "111"].map((offsets) => {
        const [dz, dy, dx] = [...offsets].map(Number);
        return at(2 * z + dz, dy, 2 * x + dx);
      });
      const mean = corners.reduce((a, b) => a + b) / 8;
      const variance = corners.reduce((sum, corner) => sum + (corner - mean) ** 2, 0) / 8;
      const standard = corners.map((corner) => (corner - mean) / Math.sqrt(variance + 1e-5));
      return slowLinear(parameters, "reduction", standard);
    })
  );
  assertClose(merging.apply(x), tf.tensor(expected, [1, 2, 1, 3, 2]), 1e-5, "merged");
  parameters.dispose();
});

Deno.test("the encoder's states halve the grid and leave standardised over channels", async () => {
  const parameters = new Parameters(0);
  const config = { channels: 4, heads: [1, 2], window: 3, experts: 2, expertStages: 1 };
  const encoder = new SwinEncoder(parameters.root(), config);
  randomize(parameters);
  await assertNoLeak(() =>
    tf.tidy(() => {
      const x = volume(1, 8, 16, 24, 1);
      const states = encoder.apply(x);
      assertEquals(states.map((state) => state.shape), [
        [1, 4, 8, 12, 4],
        [1, 2, 4, 6, 8],
        [1, 1, 2, 3, 16],
      ]);
      for (const state of states) {
        assertAlmostEquals(state.mean(4).abs().max().dataSync()[0], 0, 1e-5);
        assertAlmostEquals(state.square().mean(4).mean().dataSync()[0], 1, 1e-2);
      }
    })
  );
  const names = parameters.names();
  assertEquals(names.filter((name) => /layers1.*experts/.test(name)), []);
  assertEquals(names.filter((name) => /layers2.*experts/.test(name)).length, 2 * 2 * 4);
  parameters.dispose();
});

for (const [inputs, outputs] of [[3, 3], [2, 3]]) {
  Deno.test(`a residual block ${inputs} -> ${outputs}: size, gradients, no tensor left`, async () => {
    const parameters = new Parameters(0);
    const block = new ResidualBlock(parameters.root(), { inputs, outputs });
    randomize(parameters);
    const shortcut = inputs === outputs ? 0 : inputs * outputs;
    assertEquals(parameters.count(), 27 * outputs * (inputs + outputs) + shortcut);
    const x = volume(2, 3, 2, 4, inputs);
    await assertNoLeak(() => {
      assertSamplesApart((x) => block.apply(x), x);
      // Small steps, and room for their rounding: a LeakyReLU bends.
      const small = { step: 2e-4, limit: 3e-2 };
      assertGradients((x) => weighed(block.apply(x as tf.Tensor5D)), [x], small);
      assertParameterGradients(parameters, () => weighed(block.apply(x)), small);
    });
    parameters.dispose();
  });
}
