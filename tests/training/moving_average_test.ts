import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { constant, Parameters } from "../../lib/nn/parameters.ts";
import * as tf from "../../lib/tf.ts";
import { MovingAverage } from "../../lib/training/moving_average.ts";
import { testEachWay } from "../nn/each_way.ts";

function makeParameters(): Parameters {
  const parameters = new Parameters("average");
  parameters.create("kernel", [2, 3], constant(1), true);
  parameters.create("bias", [3], constant(-2), true);
  parameters.create("mean", [3], constant(9), false);
  return parameters;
}

function scale(parameters: Parameters, factor: number): void {
  for (const name of parameters.names()) {
    tf.tidy(() => parameters.get(name).assign(parameters.get(name).mul(factor)));
  }
}

testEachWay(
  "moving average: follows the parameters by the recurrence, trained ones only",
  async () => {
    const parameters = makeParameters();
    const average = new MovingAverage(parameters, 0.3);
    let [value, expected] = [1, 1];
    for (let update = 0; update < 5; update++) {
      value *= 1.5;
      scale(parameters, 1.5);
      average.update();
      const decay = Math.min(0.3, (1 + update) / (10 + update));
      expected = decay * expected + (1 - decay) * value;
    }
    const { updates, values } = await average.read();
    assertEquals(updates, 5);
    assertEquals([...values.keys()], ["kernel", "bias"]);
    assertEquals(values.get("kernel")!.shape, [2, 3]);
    values.get("kernel")!.data.forEach((v) => assertAlmostEquals(v, expected, 1e-5));
    values.get("bias")!.data.forEach((v) => assertAlmostEquals(v, -2 * expected, 1e-5));
    average.dispose();
    parameters.dispose();
  },
);

testEachWay("moving average: a restored state goes on exactly and nothing leaks", async () => {
  const parameters = makeParameters();
  const before = tf.memory().numTensors;
  const [one, other] = [0, 1].map(() => new MovingAverage(parameters, 0.9));
  scale(parameters, 3);
  one.update();
  other.write(await one.read());
  scale(parameters, 0.1);
  one.update();
  other.update();
  assertEquals(await other.read(), await one.read());
  assertThrows(() => other.write({ updates: 1, values: new Map() }), RangeError);
  one.dispose();
  other.dispose();
  assertEquals(tf.memory().numTensors, before);
  parameters.dispose();
});
