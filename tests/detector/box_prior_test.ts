import { assertEquals, assertThrows } from "@std/assert";
import { boxPrior, isUsual } from "../../lib/detector/box_prior.ts";
import type { Box3 } from "../../lib/volume/box.ts";

const boxes: Box3[] = [
  { min: [0.1, 0.3, 0.5], max: [0.4, 0.6, 0.9] },
  { min: [0.2, 0.25, 0.55], max: [0.5, 0.5, 0.8] },
  { min: [0.15, 0.35, 0.4], max: [0.45, 0.55, 0.85] },
];

Deno.test("the prior holds the range of each wall", () => {
  assertEquals(boxPrior(boxes), {
    outer: { min: [0.1, 0.25, 0.4], max: [0.5, 0.6, 0.9] },
    inner: { min: [0.2, 0.35, 0.55], max: [0.4, 0.5, 0.8] },
  });
  assertThrows(() => boxPrior([]), RangeError);
});

Deno.test("a box is usual while each wall is within a tenth of the volume of its range", () => {
  const prior = boxPrior(boxes);
  for (const box of boxes) assertEquals(isUsual(box, prior), true);
  const moved = (face: "min" | "max", axis: 0 | 1 | 2, to: number): Box3 => {
    const changed = { min: [...boxes[0].min], max: [...boxes[0].max] };
    changed[face][axis] = to;
    return changed as unknown as Box3;
  };
  const limits: ["min" | "max", 0 | 1 | 2, number, number][] = [
    ["min", 0, 0.0, 0.3],
    ["max", 0, 0.3, 0.6],
    ["min", 1, 0.15, 0.45],
    ["max", 1, 0.4, 0.7],
    ["min", 2, 0.3, 0.65],
    ["max", 2, 0.7, 1.0],
  ];
  for (const [face, axis, low, high] of limits) {
    for (const inside of [low + 0.01, high - 0.01]) {
      assertEquals(isUsual(moved(face, axis, inside), prior), true, `${face} ${axis} ${inside}`);
    }
    for (const outside of [low - 0.01, high + 0.01]) {
      assertEquals(isUsual(moved(face, axis, outside), prior), false, `${face} ${axis} ${outside}`);
    }
  }
});
