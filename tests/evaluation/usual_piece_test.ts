import { assert, assertEquals } from "@std/assert";
import { usualPieceBox } from "../../lib/evaluation/usual_piece.ts";
import type { Box3 } from "../../lib/volume/box.ts";

const edge = 8;
const roiUnit: Box3 = { min: [0.5, 0.25, 0], max: [0.9, 0.75, 0.5] };
/** Of the region 0.1; a cell is 10 mm3. */
const scanMm3 = 10 * edge ** 3 / 0.1;

/** Logits by the place of a cell. */
function paint(value: (x: number, y: number, z: number) => number): Float32Array {
  return Float32Array.from(
    { length: edge ** 3 },
    (_, i) => value(i % edge, Math.floor(i / edge) % edge, Math.floor(i / edge ** 2)),
  );
}

/** 3 x 2 x 1 cells, joined to 3 x 6 x 7. */
const joined = paint((x, y, z) => {
  if (x >= 1 && x < 4 && y >= 2 && y < 4 && z === 5) return 2.5;
  if (x >= 5 && y >= 1 && y < 7 && z < 7) return 5;
  return x === 4 && y === 2 && z === 5 ? 1.5 : -3;
});

Deno.test("a piece of a usual volume gives its box, on every axis", () => {
  const box = usualPieceBox(joined, edge, roiUnit, scanMm3, { min: 50, max: 70 })!;
  const expected = {
    min: [0.5 + 0.4 / 8, 0.25 + 0.5 * 2 / 8, 0.5 * 5 / 8],
    max: [0.5 + 0.4 * 4 / 8, 0.25 + 0.5 * 4 / 8, 0.5 * 6 / 8],
  };
  for (const side of ["min", "max"] as const) {
    box[side].forEach((value, axis) =>
      assert(Math.abs(value - expected[side][axis]) < 1e-9, `${side} ${axis}: ${value}`)
    );
  }
});

Deno.test("no piece of a usual volume, or none before it is no longer sure, gives none", () => {
  assertEquals(usualPieceBox(joined, edge, roiUnit, scanMm3, { min: 300, max: 400 }), null);
  const unsure = joined.map((logit) => Math.min(logit, 0.9));
  assertEquals(usualPieceBox(unsure, edge, roiUnit, scanMm3, { min: 50, max: 70 }), null);
});
