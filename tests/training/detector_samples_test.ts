import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { makeConfig } from "../../lib/config/overrides.ts";
import type { LabelledImage } from "../../lib/dataset/case.ts";
import { UserError } from "../../lib/errors.ts";
import { detectorSamples } from "../../lib/training/detector_samples.ts";
import type { Run } from "../../lib/training/run_folder.ts";
import { boxLabels } from "../dataset/volumes.ts";

const edge = 32;

/** A dim cube with a bright organ, label 4, in all cases but "lost". */
function cubeOf(id: string): Promise<LabelledImage> {
  const labels = boxLabels(4, [3, 8, 14], [9, 20, 19], { shape: [edge, edge, edge] });
  if (id === "lost") labels.data.fill(0);
  const data = Float32Array.from(labels.data, (label) => label === 4 ? 0.6 : 0.2);
  return Promise.resolve({ labels, image: { ...labels, data } });
}

function runOf(training: readonly string[], changes: readonly string[] = []): Run {
  const organ = { name: "liver", classes: [{ name: "liver", values: [4] }] };
  const split = { training, validation: ["v"], test: [] };
  const config = makeConfig("tiny", ["phases.detector.epochs=60", ...changes]);
  return { folder: "", record: { config, organ, split, detectorLabels: [4] } } as unknown as Run;
}

Deno.test("a training case has variants of its pictures", async () => {
  const { samples, split, without } = await detectorSamples(runOf(["a", "b"]), "yz", cubeOf);
  assertEquals([split, without], [{ training: ["a", "b"], validation: ["v"] }, []]);
  const drawn = async (from: typeof samples, id: string) => await from.get(id)!.all();
  const [own, ...variants] = await drawn(samples, "a");
  assertEquals(variants.length, 40);
  assertEquals([own, samples.get("a")!.own], [samples.get("v")!.own, own], "the same cube");
  // Contrast changes pictures, tilting and what happens along the line of sight silhouettes, too.
  for (const key of ["picture", "silhouettes"] as const) {
    assert(new Set(variants.map((one) => one[key].join())).size > 20, key);
  }
  assertNotEquals(variants, (await drawn(samples, "b")).slice(1), "each case has its own");
  const again = await detectorSamples(runOf(["a", "b"]), "yz", cubeOf);
  assertEquals(await drawn(again.samples, "a"), [own, ...variants], "whoever is asked first");
});

Deno.test("variants are made once, and not before they are drawn", async () => {
  const read: string[] = [];
  const { samples } = await detectorSamples(runOf(["a"]), "xz", (id) => {
    read.push(id);
    return cubeOf(id);
  });
  assertEquals(read, ["a", "v"]);
  const pictures = samples.get("a")!;
  const [first, second] = await Promise.all([pictures.all(), pictures.all()]);
  assertEquals(first === second, true);
  assertEquals(read, ["a", "v", "a"]);
});

Deno.test("without augmentation there are no variants", async () => {
  const still = ["organContrast", "rotationDegrees", "scale", "shift"]
    .map((key) => `phases.detector.augmentation.${key}=0`);
  const { samples } = await detectorSamples(runOf(["a"], still), "xy", cubeOf);
  assertEquals((await samples.get("a")!.all()).length, 1);
});

Deno.test("a case whose cube has lost the organ is left out, and named", async () => {
  const { split, without } = await detectorSamples(runOf(["lost", "a"]), "xz", cubeOf);
  assertEquals([split.training, without], [["a"], ["lost"]]);
  const none = () => detectorSamples(runOf(["lost"]), "xz", cubeOf);
  await assertRejects(none, UserError, "must have liver in its prepared cube");
});
