import { assertEquals, assertThrows } from "@std/assert";
import { presets } from "../../lib/config/presets.ts";
import { UserError } from "../../lib/errors.ts";
import { GATE_KERNEL } from "../../lib/segmentor/levels.ts";
import { featureShapes } from "../../lib/segmentor/feature_shapes.ts";

const shapes = (edge: number) =>
  featureShapes(edge, presets.paper.segmentor)
    .map(({ name, edge, channels }) => `${name} ${edge} x ${channels}`);

Deno.test("every cube comes to the same bottleneck by levels of the same grids", () => {
  const coarse = ["level 2 4 x 60", "level 3 2 x 96"];
  assertEquals(shapes(64), ["image 64 x 1", "level 0 16 x 24", "level 1 8 x 48", ...coarse]);
  assertEquals(shapes(32), ["image 32 x 1", "gate 2 16 x 24", "level 1 8 x 48", ...coarse]);
  assertEquals(shapes(16), ["image 16 x 1", "gate 3 8 x 48", ...coarse]);
});

Deno.test("a gate halves the edge, as its kernel does", () => {
  const config = {
    ...presets.focus.segmentor,
    stageCount: 4,
    minEdge: 8,
    channels: [8, 16, 24, 32, 40],
    blocks: [1, 1, 1, 1, 1],
    heads: [1, 1, 1, 1, 1],
    strides: [1, 1, 1, 1, 1],
    fineWidth: 0,
  };
  for (const edge of [32, 16, 8]) {
    const [image, gate, level] = featureShapes(edge, config);
    assertEquals([image.edge, gate.edge], [edge, edge / GATE_KERNEL]);
    assertEquals(level.edge, gate.edge / 2);
  }
  assertThrows(() => featureShapes(24, config), UserError);
});
