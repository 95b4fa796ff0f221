import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import { pixelReferences, sinePosition, StagePosition } from "../../lib/detector/position.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { assertNoLeak } from "../tensors.ts";

Deno.test("position: y in the first half, x in the second, half a pixel shifted", () => {
  const codes = tf.tidy(() => sinePosition({ rows: 2, columns: 4 }, 8).arraySync());
  assertEquals([codes.length, codes[0].length], [8, 8]);
  const [y, x] = [(2 * Math.PI * 1.5) / 2, (2 * Math.PI * 2.5) / 4];
  const expected = [
    Math.sin(y),
    Math.cos(y),
    Math.sin(y / 100),
    Math.cos(y / 100),
    Math.sin(x),
    Math.cos(x),
    Math.sin(x / 100),
    Math.cos(x / 100),
  ];
  expected.forEach((value, i) => assertAlmostEquals(codes[1 * 4 + 2][i], value, 1e-6));
});

Deno.test("position: the width must hold sine and cosine of two axes", () => {
  assertThrows(() => sinePosition({ rows: 1, columns: 1 }, 6), Error, "multiple of 4");
});

Deno.test("position: each stage adds its own vector", async () => {
  const parameters = new Parameters(1);
  const position = new StagePosition(parameters.root(), { stageCount: 3, width: 4 });
  await assertNoLeak(() =>
    tf.tidy(() => {
      const shape = { rows: 2, columns: 3 };
      const difference = position.of(3, shape).sub(position.of(1, shape))
        .arraySync() as number[][][];
      const stages = parameters.get("stages").arraySync() as number[][];
      for (const pixel of difference[0]) {
        pixel.forEach((value, i) => assertAlmostEquals(value, stages[2][i] - stages[0][i], 1e-5));
      }
    })
  );
  parameters.dispose();
});

Deno.test("position: a pixel's reference is its centre on every level", () => {
  const references = tf.tidy(() => pixelReferences({ rows: 2, columns: 4 }, 3).arraySync());
  assertEquals([references.length, references[0].length, references[0][0].length], [1, 8, 3]);
  assertEquals(references[0][6], [[2.5 / 4, 0.75], [2.5 / 4, 0.75], [2.5 / 4, 0.75]]);
});
