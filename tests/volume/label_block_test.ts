import { assertEquals } from "@std/assert";
import {
  type LabelBlock,
  mergeBlocks,
  placeBlock,
  placeBlockInFile,
  placeMask,
  resizeBlock,
  type ScoredBlock,
} from "../../lib/volume/label_block.ts";
import { fromRas, orientationOf, rasGrid } from "../../lib/volume/orientation.ts";
import { sampleLabelsNearest } from "../../lib/volume/resample.ts";
import { anyAffine, numbers, reference } from "./reference.ts";

const grid = { shape: [6, 5, 4], affine: anyAffine } as const;
const block: LabelBlock = {
  grid,
  origin: [2, 1, 3],
  shape: [3, 2, 1],
  data: Uint16Array.of(1, 0, 300, 4, 5, 0),
};

Deno.test("placeBlock() puts a block into its grid, and placeMask() its voxels", () => {
  const { data, shape } = placeBlock(block);
  assertEquals(shape, grid.shape);
  const at = (x: number, y: number, z: number) => data[x + 6 * (y + 5 * z)];
  assertEquals([at(2, 1, 3), at(4, 1, 3), at(2, 2, 3), at(3, 2, 3)], [1, 300, 4, 5]);
  assertEquals(data.reduce((sum, label) => sum + label, 0), 310);
  assertEquals([...placeMask(block).data], Array.from(data, (label) => label > 0 ? 1 : 0));
});

Deno.test("placeBlockInFile() is placeBlock() brought back to the file", () => {
  for (const { affine } of reference.orientations) {
    const orientation = orientationOf({ shape: [6, 5, 4], affine: numbers(affine) });
    const ras = rasGrid(orientation);
    const origin = ras.shape.map((size) => size - 3) as [number, number, number];
    const inRas: LabelBlock = { ...block, grid: ras, origin, shape: [3, 2, 1] };
    const expected = fromRas(placeBlock(inRas), orientation).data;
    const words = new Uint16Array(expected.length);
    placeBlockInFile(inRas, orientation, words);
    assertEquals(words, expected);
    const bytes = new Uint8Array(expected.length);
    placeBlockInFile(inRas, orientation, bytes);
    assertEquals(bytes, Uint8Array.from(expected));
  }
});

Deno.test("resizeBlock() takes the label under each centre, as the whole volume would give it", () => {
  for (const shape of [[6, 5, 4], [3, 3, 3], [12, 7, 9], [1, 2, 1]] as const) {
    const whole = placeBlock(block);
    const expected = sampleLabelsNearest(whole, { min: [0, 0, 0], max: grid.shape }, shape);
    const resized = placeBlock(resizeBlock(block, { shape, affine: expected.affine }));
    assertEquals(resized, expected);
  }
});

Deno.test("mergeBlocks() covers all blocks; what several have labelled goes to the surest", () => {
  const other: ScoredBlock = {
    grid,
    origin: [1, 2, 2],
    shape: [3, 2, 2],
    data: Uint16Array.from({ length: 12 }, (_, i) => i % 3 === 1 ? 0 : 7),
    margins: new Float32Array(12).fill(2),
  };
  const sure = (margin: number): ScoredBlock => ({
    ...block,
    margins: Float32Array.from(block.data, (label) => label === 0 ? 9 : margin),
  });
  const merged = mergeBlocks([sure(3), other]);
  assertEquals([merged.block.origin, merged.block.shape], [[1, 1, 2], [4, 3, 2]]);
  const [first, second] = [placeBlock(block).data, placeBlock(other).data];
  const expected = first.map((label, i) => label > 0 ? label : second[i]);
  assertEquals(placeBlock(merged.block).data, expected);
  const both = first.filter((label, i) => label > 0 && second[i] > 0).length;
  assertEquals([merged.contested, both], [1, 1]);
  assertEquals(mergeBlocks([other, sure(3)]).contested, 1);
  const contestedIn = (...blocks: [ScoredBlock, ScoredBlock]) =>
    placeBlock(mergeBlocks(blocks).block).data[3 + 6 * (2 + 5 * 3)];
  assertEquals([contestedIn(sure(3), other), contestedIn(other, sure(3))], [5, 5]);
  assertEquals([contestedIn(sure(1), other), contestedIn(other, sure(1))], [7, 7]);
  assertEquals([contestedIn(sure(2), other), contestedIn(other, sure(2))], [5, 7], "at a tie");
  assertEquals(mergeBlocks([sure(1)]), { block: sure(1), contested: 0 });
});
