import { assertEquals } from "@std/assert";
import { cutWindows, joinWindows, planWindows, windowLabels } from "../../lib/peers/windows3d.ts";
import * as tf from "../../lib/tf.ts";
import { assertNoLeak } from "../tensors.ts";
import { volume } from "./randomized.ts";

Deno.test("planWindows() pads long axes and clips the window on short ones", () => {
  assertEquals(planWindows([16, 8, 4], 7, true), {
    grid: [16, 8, 4],
    padded: [21, 14, 4],
    window: [7, 7, 4],
    shift: [3, 3, 0],
    count: 6,
    tokens: 196,
  });
  assertEquals(planWindows([7, 8, 64], 7, false).shift, [0, 0, 0]);
  assertEquals(planWindows([7, 7, 7], 7, true).shift, [0, 0, 0]);
});

Deno.test("cutWindows() goes through windows and voxels in raster order", () => {
  const x = tf.range(0, 4 * 3 * 2).reshape<tf.Tensor5D>([1, 4, 3, 2, 1]);
  const plain = cutWindows(x, planWindows([4, 3, 2], 3, false));
  // Two windows along z, the second with one plane of the grid and two of padding.
  assertEquals(plain.shape, [2, 18, 1]);
  const zeros = new Array<number>(12).fill(0);
  assertEquals([...plain.dataSync()], [...Array(18).keys(), 18, 19, 20, 21, 22, 23, ...zeros]);
  const shifted = cutWindows(x, planWindows([4, 3, 2], 3, true));
  const planes = Array.from(shifted.dataSync()).filter((_, i) => i % 6 === 5);
  assertEquals(planes, [11, 17, 23, 0, 0, 5]); // the first plane comes last
});

Deno.test("joinWindows() undoes cutWindows(), with its gradient", async () => {
  const x = volume(2, 5, 2, 8, 3);
  const plan = planWindows([5, 2, 8], 3, true);
  await assertNoLeak(() =>
    tf.tidy(() => {
      assertEquals(joinWindows(cutWindows(x, plan), plan).dataSync(), x.dataSync());
      const slope = tf.grad((x) => joinWindows(cutWindows(x as tf.Tensor5D, plan), plan).sum())(x);
      assertEquals(slope.min().dataSync(), slope.max().dataSync());
    })
  );
});

Deno.test("windowLabels() tells what rolling brought near", () => {
  // One axis of 4 padded to 6, shifted by 1: windows of rolled places 1 2 3 | 4 5 0.
  assertEquals([...windowLabels(planWindows([4, 1, 1], 3, true))], [0, 0, 0, 9, 9, 18]);
  assertEquals([...windowLabels(planWindows([1, 4, 1], 3, true))], [0, 0, 0, 3, 3, 6]);
  assertEquals([...windowLabels(planWindows([2, 1, 4], 3, true))].slice(6), [1, 1, 2, 1, 1, 2]);
});
