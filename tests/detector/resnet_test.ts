import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import { loadBackbone } from "../../lib/detector/backbone_weights.ts";
import { type BackboneName, ResNet } from "../../lib/detector/resnet.ts";
import { UserError } from "../../lib/errors.ts";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { type WritableTensor, writeSafetensors } from "../../lib/nn/safetensors.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, uniform } from "../tensors.ts";

function build(name: BackboneName, inputs: number, { seed = 1, frozenStatistics = false } = {}) {
  const parameters = new Parameters(seed);
  const options = { name, inputs, frozenStatistics };
  return { parameters, net: new ResNet(parameters.root().child("backbone"), options) };
}

const torchvisionNorm: Readonly<Record<string, string>> = {
  scale: "weight",
  shift: "bias",
  runningMean: "running_mean",
  runningVariance: "running_var",
};

/** A file as torchvision would write it for a backbone with these parameters. */
function asTorchvision(parameters: Parameters): Map<string, WritableTensor> {
  const tensors = new Map<string, WritableTensor>();
  for (const name of parameters.names()) {
    const parts = name.split(".").slice(1);
    const last = parts[parts.length - 1];
    const theirs = [...parts.slice(0, -1), torchvisionNorm[last] ?? last].join(".");
    const variable = parameters.get(name);
    tf.tidy(() => {
      const turned = variable.rank === 4 ? variable.transpose([3, 2, 0, 1]) : variable;
      tensors.set(theirs, { shape: turned.shape, data: turned.dataSync<"float32">().slice() });
    });
    if (last === "scale") {
      const counter = theirs.replace(/weight$/, "num_batches_tracked");
      tensors.set(counter, { shape: [], data: Int32Array.of(7) });
    }
  }
  tensors.set("fc.weight", { shape: [2, 3], data: new Float32Array(6) });
  return tensors;
}

/** Values unlike the initial ones everywhere, in the norms too. */
function randomize(parameters: Parameters): void {
  const random = new Random("values");
  for (const name of parameters.names()) {
    const variable = parameters.get(name);
    const low = name.endsWith("runningVariance") ? 0.5 : -0.5;
    tf.tidy(() => variable.assign(uniform(random, variable.shape as [number], low, 1)));
  }
}

Deno.test("resnet: parameters as torchvision's without the classifier", () => {
  for (const [name, count] of [["resnet34", 21_284_672], ["resnet50", 23_508_032]] as const) {
    const { parameters } = build(name, 3);
    assertEquals(parameters.count(), count);
    parameters.dispose();
  }
});

Deno.test("resnet: maps at 1/4, 1/8, 1/16 and 1/32", () => {
  const { parameters, net } = build("small", 2);
  tf.tidy(() => {
    const maps = net.apply(uniform<tf.Rank.R4>(new Random(1), [2, 64, 96, 2]), inference);
    assertEquals(maps.map((map) => map.shape), [
      [2, 16, 24, net.outputs[0]],
      [2, 8, 12, net.outputs[1]],
      [2, 4, 6, net.outputs[2]],
      [2, 2, 3, net.outputs[3]],
    ]);
  });
  parameters.dispose();
});

Deno.test("resnet: frozen statistics stay where they are in training", async () => {
  for (const frozenStatistics of [true, false]) {
    const { parameters, net } = build("small", 1, { frozenStatistics });
    const x = uniform<tf.Rank.R4>(new Random(1), [2, 32, 32, 1]);
    tf.tidy(() => net.apply(x, { training: true }));
    const mean = await parameters.get("backbone.bn1.runningMean").data();
    assertEquals(mean.every((value) => value === 0), frozenStatistics);
    x.dispose();
    parameters.dispose();
  }
});

Deno.test("backbone weights: a file with torchvision's names gives the same maps", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  const [theirs, ours] = [build("small", 3), build("small", 3, { seed: 2 })];
  randomize(theirs.parameters);
  await writeSafetensors(path, asTorchvision(theirs.parameters));
  await loadBackbone(ours.parameters, "backbone", path);
  tf.tidy(() => {
    const x = uniform<tf.Rank.R4>(new Random(3), [1, 32, 32, 3], 0);
    const [a, b] = [theirs.net.apply(x, inference), ours.net.apply(x, inference)];
    a.forEach((map, i) => assertClose(b[i], map, 0, `map ${i}`));
  });
  await Deno.remove(path);
  theirs.parameters.dispose();
  ours.parameters.dispose();
});

Deno.test("backbone weights: the colours' weights are spread over the picture's channels", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  const colour = build("small", 3);
  randomize(colour.parameters);
  await writeSafetensors(path, asTorchvision(colour.parameters));
  for (const channels of [1, 5]) {
    const { parameters, net } = build("small", channels, { seed: 2 });
    await loadBackbone(parameters, "backbone", path);
    tf.tidy(() => {
      const grey = uniform<tf.Rank.R4>(new Random(3), [1, 32, 32, 1], 0);
      const expected = colour.net.apply(grey.tile([1, 1, 1, 3]), inference);
      const actual = net.apply(grey.tile([1, 1, 1, channels]), inference);
      actual.forEach((map, i) => assertClose(map, expected[i], 1e-4, `${channels}, map ${i}`));
    });
    parameters.dispose();
  }
  await Deno.remove(path);
  colour.parameters.dispose();
});

Deno.test("backbone weights: a missing or misshapen tensor changes nothing", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  const { parameters } = build("small", 1);
  const before = await parameters.read();
  const tensors = asTorchvision(build("small", 1, { seed: 2 }).parameters);
  const name = "layer3.0.bn2.running_var";
  const refused = async (part: string) => {
    await writeSafetensors(path, tensors);
    await assertRejects(() => loadBackbone(parameters, "backbone", path), UserError, part);
  };
  tensors.delete(name);
  await refused(name);
  tensors.set(name, { shape: [3], data: new Float32Array(3) });
  await refused("backbone.layer3.0.bn2.runningVariance");
  assertEquals(await parameters.read(), before);
  await Deno.remove(path);
  parameters.dispose();
});
