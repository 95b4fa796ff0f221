import { assertEquals } from "@std/assert";
import { Parameters } from "../../lib/nn/parameters.ts";
import { ExpertMixture } from "../../lib/peers/expert_mixture.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak } from "../tensors.ts";
import { assertParameterGradients, randomize, volume, weighed } from "./randomized.ts";
import { dot, mix, slowGelu, slowLinear, slowSoftmax, valuesOf, vectors } from "./slow.ts";

const [channels, experts] = [3, 2];

function build(): { parameters: Parameters; mixture: ExpertMixture } {
  const parameters = new Parameters(0);
  const mixture = new ExpertMixture(parameters.root(), { channels, experts });
  randomize(parameters);
  return { parameters, mixture };
}

/** The mixture for one sample, token by token and slot by slot. */
function slowMixture(parameters: Parameters, x: readonly number[][]): number[][] {
  const normalize = (name: string, vector: readonly number[]) => {
    const gamma = valuesOf(parameters, `${name}.gamma`);
    const length = Math.hypot(...vector);
    return vector.map((value, c) => value / length * Math.sqrt(channels) * gamma[c]);
  };
  const tokens = x.map((token) => normalize("norm", token));
  const groups = Array.from(
    { length: tokens.length / experts },
    (_, m) => tokens.slice(m * experts, (m + 1) * experts),
  );
  const slots = Array.from({ length: experts }, (_, expert) =>
    groups.map((group) => {
      const mean = mix(new Array<number>(experts).fill(1 / experts), group);
      const keys = slowLinear(parameters, "to_slot_embeds.0", mean);
      const key = keys.slice(expert * channels, (expert + 1) * channels);
      return { expert, key: normalize("to_slot_embeds.2", key) };
    })).flat();
  const results = slots.map(({ expert, key }) => {
    const dispatch = slowSoftmax(tokens.map((token) => dot(token, key)));
    const name = `experts.${expert}`;
    const hidden = slowLinear(parameters, `${name}.0`, mix(dispatch, tokens)).map(slowGelu);
    return slowLinear(parameters, `${name}.3`, hidden);
  });
  return tokens.map((token) => mix(slowSoftmax(slots.map(({ key }) => dot(token, key))), results));
}

Deno.test("the expert mixture routes as its definition says", () => {
  const { parameters, mixture } = build();
  const x = volume(2, 2, 3, 1, channels);
  const expected = tf.unstack(x).flatMap((sample) => slowMixture(parameters, vectors(sample)));
  const actual = mixture.apply(x);
  assertEquals(actual.shape, x.shape);
  assertClose(actual, tf.tensor(expected.flat(), x.shape), 1e-5, "mixture");
  parameters.dispose();
});

Deno.test("the expert mixture: gradients, and no tensor is left", async () => {
  const { parameters, mixture } = build();
  const x = volume(2, 2, 1, 3, channels);
  await assertNoLeak(() => {
    // The shorter a token, the more its direction changes with a step.
    const small = { step: 2e-3 };
    assertGradients((x) => weighed(mixture.apply(x as tf.Tensor5D)), [x], small);
    assertParameterGradients(parameters, () => weighed(mixture.apply(x)), small);
  });
  parameters.dispose();
});

Deno.test("the expert mixture of zeros has finite values and gradients", () => {
  const { parameters, mixture } = build();
  const zeros = tf.zeros<tf.Rank.R5>([1, 2, 2, 1, channels]);
  const { value, grad } = tf.valueAndGrad((x) => mixture.apply(x as tf.Tensor5D).sum())(zeros);
  assertEquals([...value.isFinite().dataSync(), ...grad.isFinite().all().dataSync()], [1, 1]);
  parameters.dispose();
});
