import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import { placesOfQuery, watchAttention } from "../../lib/detector/attention_places.ts";
import {
  type LevelShape,
  MultiScaleDeformableAttention,
} from "../../lib/detector/ms_deform_attn.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Random } from "../../lib/random.ts";
import { assertNoLeak, uniform } from "../tensors.ts";

const levels: LevelShape[] = [{ rows: 3, columns: 5 }, { rows: 2, columns: 1 }];
const sizes = { width: 8, heads: 4, levels: 2, points: 2 };

function attend(layer: MultiScaleDeformableAttention): void {
  tf.tidy(() => {
    const random = new Random("inputs");
    const references = [0.5, 0.5, 0.5, 0.5, 0.1, 0.7, 0.1, 0.7];
    layer.apply({
      query: uniform<tf.Rank.R3>(random, [2, 2, 8]),
      reference: tf.tensor4d(references, [1, 2, 2, 2]),
      values: uniform<tf.Rank.R3>(random, [2, 17, 8]),
      levels,
    });
  });
}

Deno.test("attention places: initially a star around the reference, all of equal weight", async () => {
  const parameters = new Parameters(1);
  const layer = new MultiScaleDeformableAttention(parameters.root().child("encoder1"), sizes);
  await assertNoLeak(() => {
    const [record] = watchAttention(() => attend(layer));
    assertEquals([record.layer, record.queries, record.heads], ["encoder1", 2, 4]);
    const places = placesOfQuery(record, 1);
    assertEquals(places.length, 4 * 2 * 2);
    // Head 0 looks to the right: one and two pixels of maps that are 5 and 1 pixels wide.
    const expected = [0.1 + 1 / 5, 0.1 + 2 / 5, 0.1 + 1, 0.1 + 2];
    places.slice(0, 4).forEach(({ x, y, weight, head, level }, i) => {
      assertAlmostEquals(x, expected[i], 1e-6);
      assertAlmostEquals(y, 0.7, 1e-6);
      assertAlmostEquals(weight, 1 / 4, 1e-6);
      assertEquals([head, level], [0, i < 2 ? 0 : 1]);
    });
    // Head 1 looks downwards, where rows count upwards in y.
    assertAlmostEquals(places[4].x, 0.1, 1e-6);
    assertAlmostEquals(places[4].y, 0.7 + 1 / 3, 1e-6);
  });
  parameters.dispose();
});

Deno.test("attention places: each head's weights sum to 1, whatever the weights of the layer", () => {
  const parameters = new Parameters(2);
  const layer = new MultiScaleDeformableAttention(parameters.root(), sizes);
  const random = new Random("opened");
  for (const name of ["attentionWeights.weight", "samplingOffsets.weight"]) {
    const variable = parameters.get(name);
    tf.tidy(() => variable.assign(uniform(random, variable.shape as [number, number])));
  }
  const [record] = watchAttention(() => attend(layer));
  for (const query of [0, 1]) {
    const places = placesOfQuery(record, query);
    for (let head = 0; head < 4; head++) {
      const own = places.filter((place) => place.head === head).map(({ weight }) => weight);
      assertAlmostEquals(own.reduce((sum, weight) => sum + weight, 0), 1, 1e-6);
      assertEquals(new Set(own).size > 1, true);
    }
  }
  assertThrows(() => placesOfQuery(record, 2), RangeError, "query 2 of  is not in 0 .. 1");
  parameters.dispose();
});

Deno.test("attention places: nothing is kept when no one watches, nor after an error", () => {
  const parameters = new Parameters(3);
  const layer = new MultiScaleDeformableAttention(parameters.root(), sizes);
  assertThrows(() =>
    watchAttention(() => {
      throw new Error("stop");
    })
  );
  attend(layer);
  assertEquals(watchAttention(() => {}), []);
  const outer = watchAttention(() => {
    assertEquals(watchAttention(() => attend(layer)).length, 1);
    attend(layer);
  });
  assertEquals(outer.length, 2);
  parameters.dispose();
});
