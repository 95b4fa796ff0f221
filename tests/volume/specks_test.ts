import { assert, assertEquals } from "@std/assert";
import { labelComponents } from "../../lib/volume/components.ts";
import { removeSpecks } from "../../lib/volume/specks.ts";
import type { LabelVolume, Triple } from "../../lib/volume/volume.ts";

const shape: Triple = [12, 9, 7];

function paint(value: (x: number, y: number, z: number) => number): LabelVolume {
  const data = new Uint16Array(12 * 9 * 7);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(i % 12, Math.floor(i / 12) % 9, Math.floor(i / 108));
  }
  return { shape, affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], data };
}

/** Label 3: 60 voxels, one apart; label 7 beside it: 20 voxels, 2 apart and diagonal, 8 more apart. */
const labels = paint((x, y, z) => {
  if (x >= 1 && x < 6 && y >= 2 && y < 5 && z >= 1 && z < 5) return 3;
  if (x === 11 && y === 8 && z === 6) return 3;
  if (x >= 6 && x < 8 && y >= 2 && y < 7 && z >= 1 && z < 3) return 7;
  if ((x === 10 && y === 1 && z === 5) || (x === 11 && y === 0 && z === 6)) return 7;
  if (x < 2 && y >= 7 && z >= 5) return 7;
  return 0;
});

Deno.test("specks are components below a share of their own label, others stay", () => {
  const { labels: cleaned, removed, pieces } = removeSpecks(labels, 0.1);
  assertEquals(removed, new Map([[3, 1], [7, 2]]));
  assertEquals(pieces, new Map([[3, 1], [7, 3]]), "2 of 20 voxels are a tenth, if a speck of all");
  const count = (value: number) => cleaned.data.filter((one) => one === value).length;
  assertEquals([count(3), count(7)], [60, 28]);
  assertEquals(cleaned.data[11 + 12 * (8 + 9 * 6)], 0);
  assertEquals(cleaned.data[0 + 12 * (7 + 9 * 5)], 7);
  assertEquals([cleaned.shape, cleaned.affine], [labels.shape, labels.affine]);
});

Deno.test("without specks, or with a share of 0, the labels are what they were", () => {
  for (const [volume, share] of [[labels, 0], [paint(() => 0), 0.5]] as const) {
    const { labels: cleaned, removed } = removeSpecks(volume, share);
    assertEquals(cleaned, volume);
    assertEquals(removed.size, 0);
  }
});

Deno.test("a label that lies in crumbs keeps them", () => {
  const crumbs = paint((x, y, z) => x % 2 === 0 && y % 2 === 0 && z % 2 === 0 ? 4 : 0);
  const { sizes } = labelComponents(crumbs);
  assertEquals([sizes.length - 1, Math.max(...sizes)], [6 * 5 * 4, 1]);
  const { labels: cleaned, removed, pieces } = removeSpecks(crumbs, 0.01);
  assertEquals([cleaned, removed.size, pieces], [crumbs, 0, new Map([[4, 120]])]);
});

Deno.test("labels that touch are different components, each in the order of its first voxel", () => {
  const { numbers, sizes } = labelComponents(labels);
  assertEquals(sizes, [0, 60, 20, 2, 8, 1]);
  const at = (x: number, y: number, z: number) => numbers[x + 12 * (y + 9 * z)];
  assertEquals([at(5, 2, 1), at(6, 2, 1), at(0, 0, 0)], [1, 2, 0]);
});

Deno.test("labels of very many components have no specks to take out", () => {
  const [nx, ny, nz] = [121, 120, 92]; // every second voxel along each axis: 61 x 60 x 46 of them
  const data = new Uint16Array(nx * ny * nz);
  for (let z = 0; z < nz; z += 2) {
    for (let y = 0; y < ny; y += 2) {
      for (let x = 0; x < nx; x += 2) data[x + nx * (y + ny * z)] = 4;
    }
  }
  const dust: LabelVolume = { ...labels, shape: [nx, ny, nz], data };
  const { labels: cleaned, removed, pieces } = removeSpecks(dust, 0.01);
  assertEquals([removed.size, pieces], [0, new Map([[4, 61 * 60 * 46]])]);
  assert(cleaned === dust);
});
