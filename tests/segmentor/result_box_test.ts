import { assertAlmostEquals, assertEquals } from "@std/assert";
import { resultBoxUnit } from "../../lib/segmentor/result_box.ts";
import { classesOfLogits } from "../../lib/segmentor/roi.ts";
import type { Box3 } from "../../lib/volume/box.ts";

const edge = 8;
/** Cells of 0.05, 0.1 and 0.025. */
const roiUnit: Box3 = { min: [0.2, 0.1, 0.5], max: [0.6, 0.9, 0.7] };

/** Classes of a box of cells, and of a single cell apart from it. */
function classesOf(channels: number, classOfBox: number): Uint16Array {
  const logits = new Float32Array(edge ** 3 * channels);
  for (let i = 0; i < edge ** 3; i++) {
    const [x, y, z] = [i % edge, Math.floor(i / edge) % edge, Math.floor(i / edge ** 2)];
    const inBox = x >= 1 && x < 4 && y >= 3 && y < 5 && z >= 2 && z < 7;
    const apart = x === 7 && y === 0 && z === 0;
    if (channels === 1) logits[i] = inBox || apart ? 2 : -2;
    else logits[i * channels + (inBox ? classOfBox : apart ? 1 : 0)] = 3;
  }
  return classesOfLogits(logits, edge);
}

function assertBox(actual: Box3 | null, expected: Box3): void {
  for (const face of ["min", "max"] as const) {
    expected[face].forEach((value, axis) => assertAlmostEquals(actual![face][axis], value, 1e-9));
  }
}

Deno.test("the box of a result is that of its cells, on every axis", () => {
  const cells: Box3 = { min: [0.25, 0.4, 0.55], max: [0.4, 0.6, 0.675] };
  assertBox(resultBoxUnit(classesOf(1, 1), edge, roiUnit, [1]), cells);
  const withCell: Box3 = { min: [0.25, 0.1, 0.5], max: [0.6, 0.6, 0.675] };
  assertBox(resultBoxUnit(classesOf(1, 1), edge, roiUnit, null), withCell);
});

Deno.test("of several classes each keeps its largest piece, and the box is around all", () => {
  const all: Box3 = { min: [0.25, 0.1, 0.5], max: [0.6, 0.6, 0.675] };
  assertBox(resultBoxUnit(classesOf(3, 2), edge, roiUnit, [1, 1]), all);
});

Deno.test("where nothing is found there is no box", () => {
  assertEquals(resultBoxUnit(new Uint16Array(edge ** 3), edge, roiUnit, [1]), null);
});
