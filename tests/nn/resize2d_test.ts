import * as tf from "../../lib/tf.ts";
import { resizeBilinear2d } from "../../lib/nn/resize2d.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";

Deno.test("resize2d: equals TensorFlow's with half-pixel centres", async () => {
  await assertNoLeak(() =>
    tf.tidy(() => {
      const x = uniform<tf.Rank.R4>(new Random("resize"), [2, 3, 5, 4]);
      for (const size of [[6, 10], [3, 5], [7, 13]] as [number, number][]) {
        const expected = tf.image.resizeBilinear(x, size, false, true);
        assertClose(resizeBilinear2d(x, size), expected, 1e-6, `size ${size}`);
      }
    })
  );
});

Deno.test("resize2d: a doubled ramp keeps its border and steps by half", () => {
  tf.tidy(() => {
    const x = tf.tensor4d([0, 1, 2], [1, 1, 3, 1]);
    const expected = tf.tensor4d([0, 0.25, 0.75, 1.25, 1.75, 2], [1, 1, 6, 1]);
    assertClose(resizeBilinear2d(x, [1, 6]), expected, 1e-6, "ramp");
  });
});

Deno.test("resize2d: gradients equal differences", () => {
  tf.tidy(() => {
    const x = uniform(new Random("resize gradient"), [2, 3, 2, 2]);
    assertGradients((x) => resizeBilinear2d(x as tf.Tensor4D, [6, 5]).square().sum(), [x]);
  });
});
