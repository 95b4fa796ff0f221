import { assert, assertEquals, assertRejects } from "@std/assert";
import { PythonPeer } from "../../lib/benchmark/python_peer.ts";
import { shakeParameters } from "../../lib/benchmark/segmentor_bench.ts";
import { TorchTwin } from "../../lib/benchmark/torch_twin.ts";
import { presets } from "../../lib/config/presets.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import { Segmentor } from "../../lib/segmentor/segmentor.ts";
import { segmentRoi } from "../../lib/segmentor/segment_roi.ts";

/** A Python with PyTorch: $PYTHON, or python3. */
const python = Deno.env.get("PYTHON") ?? "python3";
const peer = await PythonPeer.start(python, 1).catch(() => null);
const hasTorch = peer?.versions.torch !== undefined;
await peer?.stop();

for (const preset of ["focus", "paper"] as const) {
  Deno.test({
    name: `PyTorch's twin of the segmentor of ${preset} gives our logits, loss and gradient`,
    ignore: !hasTorch,
    async fn() {
      const folder = await Deno.makeTempDir();
      const config = { ...presets[preset].segmentor, channels: [4, 8, 12, 16] };
      const phase = presets.focus.phases.segmentor;
      const parameters = new Parameters("twin");
      const segmentor = new Segmentor(parameters, config, 1);
      await shakeParameters(parameters);
      const peer = await PythonPeer.start(python, 1);
      try {
        const twin = await TorchTwin.load({ peer, folder }, parameters, config);
        assert(twin !== null);
        const random = new Random("cubes");
        for (const edge of [16, 32, 64]) {
          const cube = Float32Array.from({ length: edge ** 3 }, () => random.next());
          const { time } = await twin.inference(
            edge,
            cube,
            await segmentRoi(segmentor, cube, edge),
          );
          assertEquals((await time(2)).length, 2);
          // Another cube's logits are not these.
          const other = cube.map((value) => 1 - value);
          const wrong = await segmentRoi(segmentor, other, edge);
          await assertRejects(() => twin.inference(edge, cube, wrong), Error, "logits");
        }
        const images = Float32Array.from({ length: 2 * 16 ** 3 }, () => random.next());
        const targets = images.map((value) => value > 0.8 ? 1 : 0);
        const { name, time } = await twin.training(16, { images, targets }, phase);
        assert(name.startsWith("PyTorch"));
        assertEquals((await time(1)).length, 1);
        // A step leaves the twin as it was.
        await twin.training(16, { images, targets }, phase);
      } finally {
        await peer.stop();
        parameters.dispose();
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("a command that is no Python is a UserError", async () => {
  await assertRejects(() => PythonPeer.start("no-such-python", 1), Error, "--python");
});
