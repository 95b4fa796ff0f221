import { assertAlmostEquals, assertEquals } from "@std/assert";
import { cubeDice } from "../../lib/training/cube_dice.ts";

const cubeDiceOf = (logits: number[], shares: number[], channels: number) =>
  cubeDice(Float32Array.from(logits), Float32Array.from(shares), channels);

Deno.test("one class: positive logits against shares of one half and more", () => {
  // Found: voxels 0, 1, 4 (a logit of 0 is not positive). Present: 0, 3, 4, 5. Shared: 0, 4.
  const logits = [0.1, 7, -0.1, -5, 2, 0, -1];
  const shares = [1, 0.4, 0, 0.51, 0.9, 0.5, 0.49];
  assertEquals(cubeDiceOf(logits, shares, 1), [2 * 2 / (3 + 4)]);
});

Deno.test("one class: nothing found, nothing present; of a region that has missed it, neither", () => {
  assertEquals(cubeDiceOf([-1, -1], [1, 0], 1), [0]);
  assertEquals(cubeDiceOf([1, -1], [0, 0], 1), [0]);
  assertEquals(cubeDiceOf([-1, -1], [0.2, 0], 1), [0]);
});

Deno.test("several classes: the largest channel decides, channel 0 is background", () => {
  const logits = [
    ...[3, 1, 2], // background
    ...[-9, -2, -3], // class 1, though all logits are negative
    ...[0, 1, 2], // class 2
    ...[0, 5, 2], // class 1
    ...[0, 5, 9], // class 2
    ...[4, 4, 0], // background, the first of two
  ];
  const shares = [
    ...[0.2, 0.3, 0.5], // class 2
    ...[0, 1, 0], // class 1
    ...[0, 0, 1], // class 2
    ...[0, 0.4, 0.6], // class 2
    ...[1, 0, 0], // background
    ...[0.5, 0.5, 0], // background, likewise
  ];
  const [first, second] = cubeDiceOf(logits, shares, 3);
  assertAlmostEquals(first, 2 * 1 / (2 + 1));
  assertAlmostEquals(second, 2 * 1 / (2 + 3));
});

Deno.test("several classes: one that is absent on both sides has Dice 1, the other its own", () => {
  assertEquals(cubeDiceOf([0, 1, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0], 3), [2 / 3, 1]);
});

Deno.test("several classes: a region that shows none of them has missed the organ", () => {
  assertEquals(cubeDiceOf([1, 0, 0, 2, 0, 1], [1, 0, 0, 0.6, 0.4, 0], 3), [0, 0]);
});

Deno.test("a result of the wrong class is no overlap", () => {
  assertEquals(cubeDiceOf([0, 1, 0], [0, 0, 1], 3), [0, 0]);
});
