import { assertEquals } from "@std/assert";
import {
  type LabelBlock,
  placeBlock,
  placeBlockInFile,
  placeMask,
} from "../../lib/volume/label_block.ts";
import { fromRas, orientationOf, rasGrid } from "../../lib/volume/orientation.ts";
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
    assertEquals(
      placeBlockInFile(inRas, orientation),
      fromRas(placeBlock(inRas), orientation),
    );
  }
});
