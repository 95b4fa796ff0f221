import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import { presets } from "../../lib/config/presets.ts";
import type { ViewBox } from "../../lib/detector/fusion.ts";
import { SilhouetteNet } from "../../lib/detector/silhouette_net.ts";
import { viewChannels } from "../../lib/detector/views.ts";
import { UserError } from "../../lib/errors.ts";
import { countMacs } from "../../lib/nn/macs.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, assertNoLeak, uniform } from "../tensors.ts";

function build(widths: number[], options: { edge: number; channels: number; pieces?: number[] }) {
  const parameters = new Parameters(2);
  const net = new SilhouetteNet(parameters.root(), { kind: "silhouette", widths }, options);
  return { parameters, net };
}

Deno.test("silhouette: logits at the picture's resolution, one channel for each silhouette", async () => {
  const { parameters, net } = build([4, 8, 12], { edge: 16, channels: 3, pieces: [1, 1] });
  await assertNoLeak(() =>
    tf.tidy(() => {
      const x = uniform<tf.Rank.R4>(new Random(1), [2, 16, 16, 3], 0);
      const logits = net.apply(x);
      assertEquals(logits.shape, [2, 16, 16, 2]);
      assertEquals(logits.mean().dataSync()[0] < -1, true);
      const second = net.apply(x.slice([1, 0, 0, 0], [1, -1, -1, -1]));
      assertClose(logits.slice([1, 0, 0, 0], [1, -1, -1, -1]), second, 1e-4, "second picture");
    })
  );
  parameters.dispose();
});

Deno.test("silhouette: every parameter gets a gradient", () => {
  const { parameters, net } = build([4, 8], { edge: 16, channels: 2 });
  tf.tidy(() => {
    const x = uniform<tf.Rank.R4>(new Random(1), [2, 16, 16, 2], 0);
    const { grads } = tf.variableGrads(() => net.apply(x).square().sum());
    for (const name of parameters.names("trainable")) {
      const size = grads[parameters.get(name).name].abs().max().dataSync()[0];
      assertEquals(Number.isFinite(size) && size > 0, true, name);
    }
  });
  parameters.dispose();
});

Deno.test("silhouette: boxes are read from every channel", async () => {
  const { parameters, net } = build([4, 8], { edge: 8, channels: 1 });
  const logits = tf.tidy(() => {
    const inside = (row: number, column: number) =>
      row >= 2 && row < 6 && column >= 1 && column < 8;
    const values = Array.from({ length: 2 * 64 * 2 }, (_, i) => {
      const [picture, pixel, channel] = [Math.floor(i / 128), Math.floor(i / 2) % 64, i % 2];
      const found = channel === 0 && inside(Math.floor(pixel / 8), pixel % 8);
      return picture === 1 && found ? 40 : -40;
    });
    return tf.tensor4d(values, [2, 8, 8, 2]);
  });
  await assertNoLeak(async () => {
    const nothing: ViewBox = { boxUnit: { min: [0, 0], max: [1, 1] }, confidence: [0, 0] };
    assertEquals(await net.read(logits), [
      [nothing, nothing],
      [{ boxUnit: { min: [0.125, 0.25], max: [1, 0.75] }, confidence: [1, 1] }, nothing],
    ]);
  });
  logits.dispose();
  parameters.dispose();
});

Deno.test("silhouette: edges must survive all halvings, widths be groups", () => {
  const refused = (edge: number, widths: number[], part: string) =>
    assertThrows(() => build(widths, { edge, channels: 1 }), UserError, part);
  refused(12, [4, 8, 8], "multiple of 8");
  refused(16, [4, 6], "multiples of 4");
  refused(16, [], "multiples of 4");
});

Deno.test("silhouette: the three views of focus cost under 5 M parameters and 1 GMAC", () => {
  const { network, view } = presets.focus.detector;
  if (network.kind !== "silhouette") {
    throw new Error("the focus preset has the silhouette detector");
  }
  const channels = viewChannels(view);
  const { parameters, net } = build([...network.widths], { edge: view.edge, channels });
  const x = tf.zeros<tf.Rank.R4>([1, view.edge, view.edge, channels]);
  const { macs } = countMacs(() => net.apply(x).dispose());
  assertEquals(3 * parameters.count() < 5e6, true);
  assertEquals(3 * macs < 1e9, true);
  x.dispose();
  parameters.dispose();
});
