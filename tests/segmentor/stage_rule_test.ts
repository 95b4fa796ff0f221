import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import {
  edgeForRoi,
  edgeOfStage,
  edgeSkipping,
  legalEdges,
  stageForEdge,
} from "../../lib/segmentor/stage_rule.ts";
import { unitToVoxels, voxelsToUnit } from "../../lib/volume/box.ts";

const paper = { stageCount: 3, minEdge: 16 };

Deno.test("Eq. 3: the paper's cubes of 64, 32 and 16 enter at stages 1, 2 and 3", () => {
  assertEquals([64, 32, 16].map((edge) => stageForEdge(edge, paper)), [1, 2, 3]);
  assertEquals(legalEdges(paper), [64, 32, 16]);
});

Deno.test("the rule holds for any N and s0", () => {
  assertEquals(legalEdges({ stageCount: 4, minEdge: 16 }), [128, 64, 32, 16]);
  assertEquals(legalEdges({ stageCount: 2, minEdge: 24 }), [48, 24]);
  for (const rule of [{ stageCount: 1, minEdge: 8 }, { stageCount: 5, minEdge: 24 }]) {
    for (let stage = 1; stage <= rule.stageCount; stage++) {
      const edge = edgeOfStage(stage, rule);
      assertEquals(stageForEdge(edge, rule), stage);
      assertEquals(stage, rule.stageCount - Math.log2(edge / rule.minEdge));
    }
  }
});

Deno.test("an edge that no stage takes is refused, with the legal ones named", () => {
  for (const edge of [0, 8, 48, 128, 16.5, NaN]) {
    assertThrows(() => stageForEdge(edge, paper), UserError, "16, 32, 64");
  }
});

Deno.test("a region is rounded down by Eq. 2 or up to what holds it, within the range", () => {
  const regions = [1, 16, 17, 31.5, 32, 50, 64, 65, 200];
  const down = regions.map((edge) => edgeForRoi(edge, paper, "down"));
  const up = regions.map((edge) => edgeForRoi(edge, paper, "up"));
  assertEquals(down, [16, 16, 16, 16, 32, 32, 64, 64, 64]);
  assertEquals(up, [16, 16, 32, 32, 32, 64, 64, 64, 64]);
  for (const edge of [0, -1, NaN]) {
    assertThrows(() => edgeForRoi(edge, paper, "up"), UserError, "positive");
  }
});

Deno.test("an edge that was a share of an axis in between is chosen as its number of voxels", () => {
  for (
    const [edge, size, spaceSize, rounding] of [[30, 60, 128, "down"], [16, 60, 60, "up"]] as const
  ) {
    for (let min = 0; min + edge <= size; min++) {
      const voxels = { min: [min, 0, 0], max: [min + edge, 1, 1] } as const;
      const unit = voxelsToUnit(voxels, [size, 1, 1]);
      const box = unitToVoxels(unit, [spaceSize, 1, 1]);
      const exact = edge * spaceSize / size;
      assertEquals(edgeForRoi(box.max[0] - box.min[0], paper, rounding), exact, `${min}`);
    }
  }
});

Deno.test("a cube skips more stages by half its edge each, as far as there are any", () => {
  const skips = [0, 1, 2, 3];
  assertEquals(skips.map((count) => edgeSkipping(64, count, paper)), [64, 32, 16, 16]);
  assertEquals(skips.map((count) => edgeSkipping(16, count, paper)), [16, 16, 16, 16]);
});
