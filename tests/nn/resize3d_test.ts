import { assertEquals } from "@std/assert";
import { resizeTrilinear3d } from "../../lib/nn/resize3d.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";

/** The two old positions that make a new one, with their shares. */
function neighbours(i: number, from: number, to: number): [position: number, share: number][] {
  const position = Math.max(0, (i + 0.5) * from / to - 0.5);
  const below = Math.floor(position);
  return [[below, 1 - position + below], [Math.min(below + 1, from - 1), position - below]];
}

Deno.test("resizeTrilinear3d() weighs the eight voxels around each new one", async () => {
  const x = uniform(new Random("resize"), [2, 2, 3, 1, 2]) as tf.Tensor5D;
  const old = x.arraySync();
  const size: [number, number, number] = [5, 6, 4];
  const indices = (length: number) => Array.from({ length }, (_, i) => i);
  const expected = indices(2).map((n) =>
    indices(size[0]).map((z) =>
      indices(size[1]).map((y) =>
        indices(size[2]).map((x) =>
          indices(2).map((c) => {
            let sum = 0;
            for (const [oldZ, shareZ] of neighbours(z, 2, size[0])) {
              for (const [oldY, shareY] of neighbours(y, 3, size[1])) {
                for (const [oldX, shareX] of neighbours(x, 1, size[2])) {
                  sum += shareZ * shareY * shareX * old[n][oldZ][oldY][oldX][c];
                }
              }
            }
            return sum;
          })
        )
      )
    )
  );
  const actual = resizeTrilinear3d(x, size);
  assertEquals(actual.shape, [2, ...size, 2]);
  assertClose(actual, tf.tensor(expected), 1e-6, "resized");
  const wanted = uniform(new Random("wanted"), actual.shape);
  await assertNoLeak(() =>
    assertGradients(
      (x) => resizeTrilinear3d(x as tf.Tensor5D, size).mul(wanted).sum(),
      [x],
    )
  );
});
