import { assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { readWalls } from "../../lib/detector/silhouette_walls.ts";
import { keepHull, type Silhouettes } from "../../lib/detector/visual_hull.ts";
import { Random } from "../../lib/random.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import { projectBox, viewNames } from "../../lib/volume/projection.ts";

type Picture = Float32Array;
/** First and one past the last pixel of rows and of columns. */
type Patch = readonly [rows: readonly [number, number], columns: readonly [number, number]];

function paint(picture: Picture, edge: number, [[top, bottom], [left, right]]: Patch, p: number) {
  for (let row = top; row < bottom; row++) {
    picture.fill(p, row * edge + left, row * edge + right);
  }
}

/** What the views show of boxes in voxels of a cube. */
function silhouettesOf(boxes: readonly Box3[], edge: number, p = 0.9): Silhouettes {
  const pictureOf = (view: "xy" | "yz" | "xz") => {
    const picture = new Float32Array(edge ** 2).fill(0.02);
    for (const box of boxes) {
      const { min: [left, top], max: [right, bottom] } = projectBox(box, view);
      paint(picture, edge, [[top, bottom], [left, right]], p);
    }
    return picture;
  };
  return { xy: pictureOf("xy"), yz: pictureOf("yz"), xz: pictureOf("xz") };
}

const organ: Box3 = { min: [3, 10, 14], max: [8, 13, 22] };

Deno.test("visual hull: what all views agree on stays, with its soft surroundings", () => {
  const pictures = silhouettesOf([organ], 24);
  paint(pictures.yz, 24, [[13, 14], [10, 13]], 0.4); // a row before the first: a wall in doubt
  const near = [13 * 24 + 8, 13 * 24 + 15] as const;
  assertEquals(keepHull(pictures, 24).yz.slice(...near), pictures.yz.slice(...near));
  for (const view of viewNames) {
    const [before, after] = [pictures[view], keepHull(pictures, 24)[view]];
    assertEquals(readWalls(after, 24, 24), readWalls(before, 24, 24), view);
  }
});

Deno.test("visual hull: what one view takes for the organ is blanked, however large", () => {
  for (const view of viewNames) {
    const pictures = silhouettesOf([organ], 24);
    const alone = readWalls(pictures[view], 24, 24);
    const cyst: Patch = view === "xy" ? [[16, 24], [12, 24]] : [[0, 8], [14, 24]];
    paint(pictures[view], 24, cyst, 0.99);
    assertNotEquals(readWalls(pictures[view], 24, 24).boxUnit, alone.boxUnit);
    const kept = keepHull(pictures, 24);
    assertEquals(readWalls(kept[view], 24, 24), alone, view);
    assertEquals(kept[view][cyst[0][0] * 24 + cyst[1][1] - 1], 0);
  }
});

Deno.test("visual hull: of two bodies that all views show the larger is the organ", () => {
  const other: Box3 = { min: [15, 2, 3], max: [22, 9, 10] };
  const kept = keepHull(silhouettesOf([organ, other], 24), 24);
  for (const view of viewNames) {
    assertEquals(
      readWalls(kept[view], 24, 24),
      readWalls(silhouettesOf([other], 24)[view], 24, 24),
      view,
    );
  }
});

Deno.test("visual hull: an organ that comes in two pieces keeps both", () => {
  const other: Box3 = { min: [15, 2, 3], max: [22, 9, 10] };
  const both = silhouettesOf([organ, other], 24);
  const kept = keepHull(both, 24, 2);
  for (const view of viewNames) {
    const { boxUnit } = readWalls(kept[view], 24, 24, 2);
    assertEquals(boxUnit, readWalls(both[view], 24, 24, 2).boxUnit, view);
    assertNotEquals(boxUnit, readWalls(kept[view], 24, 24).boxUnit, view);
  }
});

Deno.test("visual hull: views that agree on nothing keep what they have", () => {
  const pictures = silhouettesOf([organ], 24);
  pictures.xz.fill(0.2);
  assertStrictEquals(keepHull(pictures, 24), pictures);
});

Deno.test("visual hull: large pictures are judged on a coarser grid and kept in their own", () => {
  const edge = 100; // voxels of two pixels
  const large: Box3 = { min: [13, 40, 61], max: [33, 53, 90] };
  const pictures = silhouettesOf([large], edge);
  const alone = readWalls(pictures.xz, edge, edge);
  paint(pictures.xz, edge, [[5, 40], [50, 99]], 0.99);
  const kept = keepHull(pictures, edge);
  assertEquals(readWalls(kept.xz, edge, edge), alone);
  // 1/16 of 50 voxels, rounded up, is 4: pixels from 26 - 8 on, and none before.
  assertEquals(kept.yz.slice(70 * edge + 32, 70 * edge + 41), pictures.yz.slice(7032, 7041));
  assertEquals(kept.yz.slice(70 * edge, 70 * edge + 32), new Float32Array(32));
});

Deno.test("visual hull: equals the slow way on random pictures", () => {
  const random = new Random("hull");
  for (let trial = 0; trial < 20; trial++) {
    const edge = 9 + trial;
    const noise = () => Float32Array.from({ length: edge ** 2 }, () => 0.6 * random.next() ** 2);
    const pictures = { xy: noise(), yz: noise(), xz: noise() };
    assertEquals(keepHull(pictures, edge), slowHull(pictures, edge), `edge ${edge}`);
  }
});

/** Voxel by voxel, piece by piece, pixel by pixel. */
function slowHull(pictures: Silhouettes, edge: number): Silhouettes {
  const key = (x: number, y: number, z: number) => `${x} ${y} ${z}`;
  const open = new Map<string, [number, number, number]>();
  for (let z = 0; z < edge; z++) {
    for (let y = 0; y < edge; y++) {
      for (let x = 0; x < edge; x++) {
        const seen = [
          pictures.xy[y * edge + x],
          pictures.yz[z * edge + y],
          pictures.xz[z * edge + x],
        ];
        if (Math.min(...seen) >= 0.25) open.set(key(x, y, z), [x, y, z]);
      }
    }
  }
  let piece: [number, number, number][] = [];
  for (const [start, voxel] of open) {
    open.delete(start);
    const found = [voxel];
    for (const [x, y, z] of found) {
      for (let i = 0; i < 27; i++) {
        const near = key(x - 1 + i % 3, y - 1 + Math.floor(i / 3) % 3, z - 1 + Math.floor(i / 9));
        const next = open.get(near);
        if (next === undefined) continue;
        open.delete(near);
        found.push(next);
      }
    }
    if (found.length > piece.length) piece = found;
  }
  const distance = Math.ceil(edge / 16);
  const kept = (picture: Picture, [a, b]: readonly [number, number]) => {
    const result = new Float32Array(edge ** 2);
    for (const voxel of piece) {
      for (let row = voxel[b] - distance; row <= voxel[b] + distance; row++) {
        for (let column = voxel[a] - distance; column <= voxel[a] + distance; column++) {
          if (Math.min(row, column) < 0 || Math.max(row, column) >= edge) continue;
          result[row * edge + column] = picture[row * edge + column];
        }
      }
    }
    return result;
  };
  return {
    xy: kept(pictures.xy, [0, 1]),
    yz: kept(pictures.yz, [1, 2]),
    xz: kept(pictures.xz, [0, 2]),
  };
}
