import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { pasteMeanBlock } from "../../lib/segmentor/mean_roi.ts";
import { decideBlock, type SpreadLogits } from "../../lib/segmentor/roi.ts";
import { Random } from "../../lib/random.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";
import { placeBlock } from "../../lib/volume/label_block.ts";
import type { Triple } from "../../lib/volume/volume.ts";

const grid = { shape: [7, 5, 4] as Triple, affine: scaleAndShift([1, 2, 4], [0, 0, 0]) };

/** Logits of a network on a block of the grid. */
function network(name: string, origin: Triple, shape: Triple, channels: number): SpreadLogits {
  const random = new Random(name);
  const size = shape[0] * shape[1] * shape[2];
  const plane = () => Float32Array.from({ length: size }, () => 3 * random.normal());
  return { grid, origin, shape, planes: Array.from({ length: channels }, plane) };
}

/** A network's probabilities at a voxel of the grid, background first; certain of it outside. */
function probabilitiesAt({ origin, shape, planes }: SpreadLogits, voxel: Triple): number[] {
  const classes = Math.max(1, planes.length - 1);
  const [x, y, z] = voxel.map((v, axis) => v - origin[axis]);
  const isOutside = [x, y, z].some((v, axis) => v < 0 || v >= shape[axis]);
  if (isOutside) return [1, ...Array(classes).fill(0)];
  const logits = planes.map((plane) => plane[x + shape[0] * (y + shape[1] * z)]);
  const all = (logits.length === 1 ? [0, ...logits] : logits).map(Math.exp);
  const total = all.reduce((sum, value) => sum + value);
  return all.map((value) => value / total);
}

for (const channels of [1, 3]) {
  Deno.test(`the mean of networks with ${channels} channels is that of their probabilities`, () => {
    const networks = [
      network("a", [1, 0, 1], [5, 4, 2], channels),
      network("b", [2, 1, 0], [5, 3, 3], channels),
      network("c", [0, 2, 1], [3, 3, 3], channels),
    ];
    const block = pasteMeanBlock(networks);
    assertEquals([block.origin, block.shape], [[0, 0, 0], [7, 5, 4]]);
    const placed = placeBlock(block);
    const seen = new Set<number>();
    for (let i = 0; i < placed.data.length; i++) {
      const voxel: Triple = [i % 7, Math.floor(i / 7) % 5, Math.floor(i / 35)];
      const all = networks.map((one) => probabilitiesAt(one, voxel));
      const mean = all[0].map((_, k) => all.reduce((sum, one) => sum + one[k], 0) / all.length);
      const label = mean.indexOf(Math.max(...mean));
      assertEquals(placed.data[i], label, `voxel ${voxel}`);
      if (label > 0) assertAlmostEquals(block.margins[i], Math.log(mean[label] / mean[0]), 1e-4);
      seen.add(label);
    }
    assertEquals(seen.size, Math.max(2, channels));
    assert(
      decideBlock(networks[0]).data.some((label, i) => {
        const [x, y, z] = [1 + i % 5, Math.floor(i / 5) % 4, 1 + Math.floor(i / 20)];
        return label !== placed.data[x + 7 * (y + 5 * z)];
      }),
      "the others change nothing",
    );
  });
}

Deno.test("one network decides alone, and networks that agree are as sure as each", () => {
  const one = network("a", [1, 0, 1], [5, 4, 2], 1);
  assertEquals(pasteMeanBlock([one]), decideBlock(one));
  for (const logit of [40, 18, 0.25, -0.25, -40, -200]) {
    const sure = { ...one, planes: [new Float32Array(40).fill(logit)] };
    const { data, margins } = pasteMeanBlock([sure, sure, sure]);
    assertEquals(data[3], logit > 0 ? 1 : 0);
    if (logit > 0) assertAlmostEquals(margins[3], logit, 1e-4);
  }
  const certain = { ...one, planes: [new Float32Array(40).fill(200)] };
  const { data, margins } = pasteMeanBlock([certain, certain]);
  assertEquals([data[3], margins[3]], [1, Infinity]);
});

Deno.test("networks that differ in their classes have no mean", () => {
  assertThrows(() => pasteMeanBlock([]), RangeError);
  const [one, three] = [1, 3].map((channels) => network("a", [1, 0, 1], [5, 4, 2], channels));
  assertThrows(() => pasteMeanBlock([one, three]), RangeError, "1 and 3 channels");
});
