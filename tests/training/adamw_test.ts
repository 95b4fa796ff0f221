import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { normal, Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { AdamW, type AdamWOptions } from "../../lib/training/adamw.ts";
import { testEachWay } from "../nn/each_way.ts";

const options: AdamWOptions = { beta1: 0.9, beta2: 0.95, weightDecay: 0.1, clipNorm: 0 };
const shapes: Record<string, number[]> = {
  "entry.kernel": [2, 3],
  "entry.bias": [3],
  "level.kernel": [3, 1, 2],
  "level.offset.weight": [2, 2],
};

function makeParameters(): Parameters {
  const parameters = new Parameters("adamw");
  for (const [name, shape] of Object.entries(shapes)) {
    parameters.create(name, shape, normal(1), true);
  }
  parameters.create("norm.mean", [3], normal(1), false);
  return parameters;
}

function makeGradients(step: number, names: readonly string[]): Map<string, tf.Tensor> {
  const random = new Random("gradients").fork(step);
  return new Map(names.map((name) => {
    const size = shapes[name].reduce((a, b) => a * b);
    const stream = random.fork(name);
    const values = Float32Array.from({ length: size }, () => stream.normal());
    return [name, tf.tensor(values, shapes[name]) as tf.Tensor];
  }));
}

function valuesOf(parameters: Parameters): Record<string, number[]> {
  const read = (name: string) => [...parameters.get(name).dataSync()];
  return Object.fromEntries(parameters.names().map((name) => [name, read(name)]));
}

/** The slow twin: Algorithm 2 of Loshchilov and Hutter, one value after the other. */
class SlowAdamW {
  readonly #moments = new Map<string, { m: number[]; v: number[]; step: number }>();

  apply(
    values: Record<string, number[]>,
    gradients: ReadonlyMap<string, tf.Tensor>,
    rate: number,
    { clipNorm }: AdamWOptions,
    factor: (name: string) => number = () => 1,
  ): void {
    const plain = new Map([...gradients].map(([name, g]) => [name, [...g.dataSync()]]));
    const norm = Math.hypot(...[...plain.values()].flat());
    const clip = clipNorm > 0 ? Math.min(1, clipNorm / norm) : 1;
    for (const [name, gradient] of plain) {
      const zeros = gradient.map(() => 0);
      const state = this.#moments.get(name) ?? { m: [...zeros], v: [...zeros], step: 0 };
      this.#moments.set(name, state);
      state.step++;
      const own = rate * factor(name);
      const decay = shapes[name].length >= 2 ? options.weightDecay : 0;
      gradient.forEach((raw, i) => {
        const g = raw * clip;
        state.m[i] = options.beta1 * state.m[i] + (1 - options.beta1) * g;
        state.v[i] = options.beta2 * state.v[i] + (1 - options.beta2) * g * g;
        const m = state.m[i] / (1 - options.beta1 ** state.step);
        const v = state.v[i] / (1 - options.beta2 ** state.step);
        values[name][i] -= own * decay * values[name][i];
        values[name][i] -= own * m / (Math.sqrt(v) + 1e-8);
      });
    }
  }
}

function assertClose(actual: Record<string, number[]>, expected: Record<string, number[]>): void {
  for (const [name, values] of Object.entries(expected)) {
    values.forEach((value, i) => assertAlmostEquals(actual[name][i], value, 2e-5, `${name} ${i}`));
  }
}

const all = Object.keys(shapes);
const withoutEntry = all.filter((name) => !name.startsWith("entry"));

testEachWay("AdamW: agrees with plain loops while stages come and go", () => {
  const parameters = makeParameters();
  const rateFactor = (name: string) => name.includes("offset") ? 0.1 : 1;
  const optimizer = new AdamW(parameters, { ...options, clipNorm: 1, rateFactor });
  const slow = new SlowAdamW();
  const expected = valuesOf(parameters);
  const subsets = [all, withoutEntry, all, ["entry.bias"], withoutEntry, all];
  subsets.forEach((names, step) => {
    const gradients = makeGradients(step, names);
    optimizer.apply(gradients, 0.05).dispose();
    slow.apply(
      expected,
      gradients,
      0.05,
      { ...options, clipNorm: 1 },
      (name) => name.includes("offset") ? 0.1 : 1,
    );
    tf.dispose([...gradients.values()]);
    assertClose(valuesOf(parameters), expected);
  });
  optimizer.dispose();
  parameters.dispose();
});

testEachWay("AdamW: a parameter without a gradient is not touched", () => {
  const parameters = makeParameters();
  const optimizer = new AdamW(parameters, options);
  const before = valuesOf(parameters);
  const gradients = makeGradients(0, withoutEntry);
  optimizer.apply(gradients, 0.1).dispose();
  const after = valuesOf(parameters);
  for (const name of ["entry.kernel", "entry.bias", "norm.mean"]) {
    assertEquals(after[name], before[name]);
  }
  assert(after["level.kernel"][0] !== before["level.kernel"][0]);
  tf.dispose([...gradients.values()]);
  optimizer.dispose();
  parameters.dispose();
});

testEachWay("AdamW: without a gradient's help only tensors of two or more axes decay", () => {
  const parameters = makeParameters();
  const optimizer = new AdamW(parameters, options);
  const before = valuesOf(parameters);
  const zeros = new Map(all.map((name) => [name, tf.zeros(shapes[name]) as tf.Tensor]));
  optimizer.apply(zeros, 0.5).dispose();
  const after = valuesOf(parameters);
  assertEquals(after["entry.bias"], before["entry.bias"]);
  assertAlmostEquals(after["entry.kernel"][1], before["entry.kernel"][1] * 0.95, 1e-6);
  tf.dispose([...zeros.values()]);
  optimizer.dispose();
  parameters.dispose();
});

testEachWay("AdamW: returns the global norm before clipping", () => {
  const parameters = makeParameters();
  const optimizer = new AdamW(parameters, { ...options, clipNorm: 0.01 });
  const gradients = makeGradients(0, all);
  const expected = Math.hypot(...[...gradients.values()].flatMap((g) => [...g.dataSync()]));
  const norm = optimizer.apply(gradients, 0.1);
  assertAlmostEquals(norm.dataSync()[0], expected, 1e-5);
  tf.dispose([norm, ...gradients.values()]);
  optimizer.dispose();
  parameters.dispose();
});

testEachWay("AdamW: sees what others wrote into the parameters between two steps", () => {
  const parameters = makeParameters();
  const optimizer = new AdamW(parameters, { ...options, weightDecay: 0 });
  const gradients = makeGradients(0, all);
  optimizer.apply(gradients, 0.1).dispose();
  parameters.write(
    new Map([["entry.bias", { shape: [3], data: Float32Array.of(100, 200, 300) }]]),
    "the test",
    true,
  );
  optimizer.apply(gradients, 0.1).dispose();
  valuesOf(parameters)["entry.bias"].forEach((value, i) =>
    assertAlmostEquals(value, 100 * (i + 1), 0.2)
  );
  tf.dispose([...gradients.values()]);
  optimizer.dispose();
  parameters.dispose();
});

testEachWay("AdamW: a restored state goes on exactly", async () => {
  const [one, other] = [makeParameters(), makeParameters()];
  const first = new AdamW(one, { ...options, clipNorm: 1 });
  const second = new AdamW(other, { ...options, clipNorm: 1 });
  const run = (optimizer: AdamW, step: number) => {
    const gradients = makeGradients(step, step % 2 === 0 ? all : withoutEntry);
    optimizer.apply(gradients, 0.05).dispose();
    tf.dispose([...gradients.values()]);
  };
  for (let step = 0; step < 3; step++) run(first, step);
  other.write(await one.read(), "the other");
  second.write(await first.read());
  for (let step = 3; step < 7; step++) {
    run(first, step);
    run(second, step);
  }
  assertEquals(valuesOf(other), valuesOf(one));
  assertEquals(await second.read(), await first.read());
  [first, second, one, other].forEach((owner) => owner.dispose());
});

testEachWay("AdamW: refuses the state of another model", async () => {
  const parameters = makeParameters();
  const optimizer = new AdamW(parameters, options);
  const state = await optimizer.read();
  assertThrows(() => optimizer.write({ ...state, groups: state.groups.slice(1) }), RangeError);
  const first = new Map([...state.first, ["entry.bias", new Float32Array(2)]]);
  assertThrows(() => optimizer.write({ ...state, first }), RangeError);
  optimizer.dispose();
  parameters.dispose();
});

testEachWay("AdamW: keeps a constant number of tensors and frees all", () => {
  const parameters = makeParameters();
  const before = tf.memory().numTensors;
  const optimizer = new AdamW(parameters, { ...options, clipNorm: 1 });
  const gradients = makeGradients(0, all);
  const some = makeGradients(1, withoutEntry);
  const counts: number[] = [];
  for (let step = 0; step < 6; step++) {
    optimizer.apply(step % 2 === 0 ? gradients : some, 0.1).dispose();
    counts.push(tf.memory().numTensors);
  }
  // After the first step of each subset, that is.
  assertEquals(new Set(counts.slice(2)).size, 1, String(counts));
  tf.dispose([...gradients.values(), ...some.values()]);
  optimizer.dispose();
  assertEquals(tf.memory().numTensors, before);
  parameters.dispose();
});
