import { assertEquals } from "@std/assert";
import type { SegmentedRegion } from "../../lib/evaluation/segment_scan.ts";
import { type OrganSegmenter, TogetherSegmenter } from "../../lib/evaluation/segment_together.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";
import { placeBlock, type ScoredBlock } from "../../lib/volume/label_block.ts";
import type { Triple } from "../../lib/volume/volume.ts";

const grid = { shape: [9, 2, 2] as Triple, affine: scaleAndShift([1, 2, 4], [0, 0, 0]) };

/** An organ whose mask is a bar along x in the row y = 1, z = 0, as sure as it is given. */
function organOf(
  value: number,
  [from, to]: readonly [number, number],
  margin: number,
  pieces: readonly number[] | null,
): OrganSegmenter {
  const length = to - from;
  const block: ScoredBlock = {
    grid,
    origin: [from, 1, 0],
    shape: [length, 1, 1],
    data: new Uint16Array(length).fill(1),
    margins: new Float32Array(length).fill(margin),
  };
  const region = { roiUnit: { min: [from, 0, 0], max: [to, 1, 1] } } as unknown as SegmentedRegion;
  return {
    organ: { name: `organ ${value}`, classes: [{ name: "x", values: [value] }] },
    pieces,
    segment: () => Promise.resolve([region]),
    pasteBlock: (given) => {
      assertEquals(given, [region]);
      return block;
    },
  };
}

async function rowOf(...organs: OrganSegmenter[]) {
  const together = new TogetherSegmenter(organs);
  const regions = await together.segment({} as Parameters<OrganSegmenter["segment"]>[0]);
  const { block, contested } = together.paste(regions, grid);
  const { data, shape } = placeBlock(block);
  assertEquals(shape, grid.shape);
  const row = [...data.subarray(9, 18)];
  assertEquals(data.reduce((sum, label) => sum + label), row.reduce((sum, label) => sum + label));
  return { row, contested };
}

Deno.test("organs that meet exclude each other, and the surest has what they contest", async () => {
  const left = organOf(5, [0, 5], 2, [1]);
  assertEquals(await rowOf(left), { row: [5, 5, 5, 5, 5, 0, 0, 0, 0], contested: 0 });
  const weak = organOf(300, [3, 8], 1, [1]);
  assertEquals(await rowOf(left, weak), { row: [5, 5, 5, 5, 5, 300, 300, 300, 0], contested: 2 });
  const strong = organOf(300, [3, 8], 3, [1]);
  const expected = { row: [5, 5, 5, 300, 300, 300, 300, 300, 0], contested: 2 };
  assertEquals(await rowOf(left, strong), expected);
  assertEquals(await rowOf(strong, left), expected);
});

Deno.test("what is cut off loses its smaller part, unless the organ may have as many pieces", async () => {
  const middle = organOf(2, [2, 4], 3, null);
  const cut = (pieces: readonly number[] | null) => rowOf(organOf(7, [0, 8], 1, pieces), middle);
  assertEquals((await cut([1])).row, [0, 0, 2, 2, 7, 7, 7, 7, 0]);
  for (const pieces of [[2], null]) {
    assertEquals((await cut(pieces)).row, [7, 7, 2, 2, 7, 7, 7, 7, 0]);
  }
});
