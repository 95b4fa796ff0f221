import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { constant, normal, Parameters, uniformFanIn } from "../../lib/nn/parameters.ts";
import * as tf from "../../lib/tf.ts";
import { assertNoLeak } from "../tensors.ts";

function two(seed: string): Parameters {
  const parameters = new Parameters(seed);
  const scope = parameters.root().child("layer");
  scope.weight("weight", [2, 3], uniformFanIn(4));
  scope.statistic("mean", [3], constant(0.5));
  return parameters;
}

Deno.test("names, counts and the two kinds of parameters", () => {
  const parameters = two("names");
  assertEquals(parameters.names(), ["layer.weight", "layer.mean"]);
  assertEquals(parameters.names("trainable"), ["layer.weight"]);
  assertEquals(parameters.count(), 6);
  assertEquals(parameters.get("layer.mean").trainable, false);
  assertThrows(() => parameters.get("layer.bias"));
  assertThrows(() => parameters.root().weight("layer.weight", [1], constant(0)));
});

Deno.test("a parameter's first values depend on the seed and its name alone", async () => {
  const values = (await two("a").read()).get("layer.weight")!.data;
  const other = new Parameters("a");
  other.root().weight("before", [5], normal(1));
  other.root().child("layer").weight("weight", [2, 3], uniformFanIn(4));
  assertEquals((await other.read()).get("layer.weight")!.data, values);
  assertNotEquals((await two("b").read()).get("layer.weight")!.data, values);
  assertEquals(values.every((value) => Math.abs(value) <= 0.5), true);
});

Deno.test("what is read can be written; a wrong set changes nothing", async () => {
  const [source, target] = [two("source"), two("target")];
  const values = await source.read();
  const before = await target.read();
  const wrong = new Map(values).set("layer.mean", { shape: [4], data: new Float32Array(4) });
  assertThrows(
    () => target.write(wrong, "x.safetensors"),
    UserError,
    "layer.mean must have shape 3",
  );
  assertThrows(() => target.write(new Map(), "x.safetensors"), UserError, "2 are missing");
  const extra = new Map(values).set("other", { shape: [1], data: new Float32Array(1) });
  assertThrows(() => target.write(extra, "x.safetensors"), UserError, "no parameter other");
  assertEquals(await target.read(), before);
  target.write(
    new Map([["layer.mean", { shape: [3], data: Float32Array.of(1, 2, 3) }]]),
    "x",
    true,
  );
  assertEquals([...target.get("layer.mean").dataSync()], [1, 2, 3]);
  target.write(values, "x");
  assertEquals(await target.read(), values);
});

Deno.test("disposing frees every variable", async () => {
  await assertNoLeak(async () => {
    const parameters = two("leak");
    parameters.write(await parameters.read(), "itself");
    parameters.dispose();
  });
  assertEquals(typeof tf.memory().numTensors, "number");
});
