import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { maskSurface } from "../../lib/figures/mask_surface.ts";
import { type Mesh, surfaceNets } from "../../lib/figures/surface_nets.ts";
import { Random } from "../../lib/random.ts";
import type { Triple } from "../../lib/volume/volume.ts";

/** A ball on an anisotropic grid, in mm about a point that is no voxel's middle. */
function ball(
  shape: Triple,
  spacingMm: Triple,
  centreMm: Triple,
  radiusMm: number,
): Uint8Array {
  const mask = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (let i = 0; i < mask.length; i++) {
    const place = [i % shape[0], Math.floor(i / shape[0]) % shape[1]];
    place.push(Math.floor(i / (shape[0] * shape[1])));
    const distance = Math.hypot(
      ...place.map((at, axis) => (at + 0.5) * spacingMm[axis] - centreMm[axis]),
    );
    if (distance < radiusMm) mask[i] = 1;
  }
  return mask;
}

/** Volume (positive when triangles are anticlockwise from outside), area and bounds. */
function measure({ positions, triangles }: Mesh) {
  const vertex = (i: number) => positions.subarray(3 * i, 3 * i + 3);
  let [volume, area] = [0, 0];
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [vertex(triangles[t]), vertex(triangles[t + 1]), vertex(triangles[t + 2])];
    const cross = (p: ArrayLike<number>, q: ArrayLike<number>) => [
      p[1] * q[2] - p[2] * q[1],
      p[2] * q[0] - p[0] * q[2],
      p[0] * q[1] - p[1] * q[0],
    ];
    volume += cross(b, c).reduce((sum, value, i) => sum + a[i] * value, 0) / 6;
    area += Math.hypot(...cross(b.map((x, i) => x - a[i]), c.map((x, i) => x - a[i]))) / 2;
  }
  const along = (axis: number) => positions.filter((_, i) => i % 3 === axis);
  const bounds = [0, 1, 2].map((axis) => [Math.min(...along(axis)), Math.max(...along(axis))]);
  return { volume, area, bounds };
}

/** How many triangles each edge belongs to, and whether they run along it both ways. */
function edgeUses({ triangles }: Mesh): { uses: Set<number>; isOriented: boolean } {
  const uses = new Map<string, number>();
  const balance = new Map<string, number>();
  triangles.forEach((from, i) => {
    const to = triangles[i % 3 === 2 ? i - 2 : i + 1];
    const edge = `${Math.min(from, to)}-${Math.max(from, to)}`;
    uses.set(edge, (uses.get(edge) ?? 0) + 1);
    balance.set(edge, (balance.get(edge) ?? 0) + Math.sign(to - from));
  });
  return {
    uses: new Set(uses.values()),
    isOriented: [...balance.values()].every((value) => value === 0),
  };
}

const shape: Triple = [40, 28, 17];
const spacingMm: Triple = [1, 1.5, 2.5];
const centreMm: Triple = [19.2, 21.1, 20.9];
const radiusMm = 15;
const mask = ball(shape, spacingMm, centreMm, radiusMm);

Deno.test("surfaceNets() closes a ball of the right volume, area and place", () => {
  const mesh = surfaceNets({ shape, data: mask }, spacingMm);
  const { uses, isOriented } = edgeUses(mesh);
  assertEquals([...uses], [2]);
  assert(isOriented, "neighbouring triangles turn the same way");
  const { volume, area, bounds } = measure(mesh);
  assertAlmostEquals(volume / (4 / 3 * Math.PI * radiusMm ** 3), 1, 0.04);
  assertAlmostEquals(area / (4 * Math.PI * radiusMm ** 2), 1, 0.04);
  bounds.forEach(([low, high], axis) => {
    assertAlmostEquals(low, centreMm[axis] - radiusMm, spacingMm[axis]);
    assertAlmostEquals(high, centreMm[axis] + radiusMm, spacingMm[axis]);
  });
});

Deno.test("surfaceNets() without relaxation keeps the steps, with it takes them out", () => {
  const area = (relaxations: number) =>
    measure(surfaceNets({ shape, data: mask }, spacingMm, relaxations)).area;
  assert(area(0) > 1.02 * area(8));
});

Deno.test("surfaceNets() closes what touches the border and any noise", () => {
  const full = surfaceNets({ shape: [3, 2, 2], data: new Uint8Array(12).fill(1) }, [1, 2, 3], 0);
  assertEquals([...edgeUses(full).uses], [2]);
  const { bounds } = measure(full);
  bounds.forEach(([low, high], axis) => assert(low >= -0.5 && high <= [3.5, 5, 7.5][axis]));
  const random = new Random("noise");
  const noise = Uint8Array.from({ length: 9 * 8 * 7 }, () => random.integer(2));
  const { uses, isOriented } = edgeUses(surfaceNets({ shape: [9, 8, 7], data: noise }, [1, 1, 1]));
  assert([...uses].every((count) => count === 2 || count === 4));
  assert(isOriented);
  const empty = surfaceNets({ shape: [2, 2, 2], data: new Uint8Array(8) }, [1, 1, 1]);
  assertEquals(empty.triangles.length, 0);
});

Deno.test("surfaceNets() puts the surface where a smooth field passes 1/2", () => {
  const field = { shape: [4, 1, 1] as Triple, data: [0.1, 0.9, 0.7, 0.4] };
  const { positions } = surfaceNets(field, [2, 2, 2], 0);
  // Cuts of the edges along x, in mm: half way from sample 0 to 1, two thirds from 2 to 3.
  const { bounds } = measure({ positions, triangles: new Uint32Array() });
  assert(bounds[0][0] >= 1 && bounds[0][0] <= 3 && bounds[0][1] >= 5 && bounds[0][1] <= 7);
});

Deno.test("maskSurface() keeps to its limit, and the ball its volume and place", () => {
  const whole = maskSurface({ mask, shape, spacingMm }, 100_000);
  const { volume: wholeVolume, bounds: wholeBounds } = measure(whole);
  const expected = measure(surfaceNets({ shape, data: mask }, spacingMm));
  assertAlmostEquals(wholeVolume / expected.volume, 1, 1e-5);
  wholeBounds.flat().forEach((end, i) => assertAlmostEquals(end, expected.bounds.flat()[i], 1e-3));
  const coarse = maskSurface({ mask, shape, spacingMm }, 500);
  assert(coarse.positions.length / 3 <= 500 && coarse.positions.length / 3 > 150);
  assertEquals([...edgeUses(coarse).uses], [2]);
  const { volume, bounds } = measure(coarse);
  assertAlmostEquals(volume / wholeVolume, 1, 0.1);
  bounds.forEach(([low, high], axis) => {
    assertAlmostEquals((low + high) / 2, centreMm[axis], spacingMm[axis]);
  });
  const nothing = maskSurface({ mask: new Uint8Array(8), shape: [2, 2, 2], spacingMm }, 10);
  assertEquals(nothing.positions.length, 0);
});
