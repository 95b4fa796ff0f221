import { assertAlmostEquals, assertEquals } from "@std/assert";
import { surfaceDistances, surfaceMetrics } from "../../lib/evaluation/surface_distance.ts";
import { percentileOfSorted } from "../../lib/evaluation/statistics.ts";
import { Random } from "../../lib/random.ts";
import { type Mask, spacingMm, type Triple } from "../../lib/volume/volume.ts";
import { ball, maskWhere, randomMask } from "./masks.ts";

const unit: Triple = [1, 1, 1];
const uneven: Triple = [0.85, 1.2, 0.9];
const edge99: Triple = [99, 99, 99];

/** The slow twin: every surface voxel against every other, from the definition. */
function distancesByDefinition(from: Mask, to: Mask): number[] {
  const [sx, sy, sz] = spacingMm(from);
  const targets = surfaceByDefinition(to);
  return surfaceByDefinition(from).map(([x, y, z]) =>
    Math.min(
      ...targets.map(([u, v, w]) =>
        Math.sqrt((sx * (x - u)) ** 2 + (sy * (y - v)) ** 2 + (sz * (z - w)) ** 2)
      ),
    )
  ).sort((a, b) => a - b);
}

function surfaceByDefinition({ shape, data }: Mask): Triple[] {
  const inside = (x: number, y: number, z: number) =>
    x >= 0 && y >= 0 && z >= 0 && x < shape[0] && y < shape[1] && z < shape[2] &&
    data[x + shape[0] * (y + shape[1] * z)] === 1;
  const surface: Triple[] = [];
  for (let x = 0; x < shape[0]; x++) {
    for (let y = 0; y < shape[1]; y++) {
      for (let z = 0; z < shape[2]; z++) {
        const isInner = inside(x - 1, y, z) && inside(x + 1, y, z) && inside(x, y - 1, z) &&
          inside(x, y + 1, z) && inside(x, y, z - 1) && inside(x, y, z + 1);
        if (inside(x, y, z) && !isInner) surface.push([x, y, z]);
      }
    }
  }
  return surface;
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) assertAlmostEquals(actual[i], expected[i], 1e-9);
}

Deno.test("surfaceDistances() equals its slow twin", () => {
  const random = new Random("surface");
  for (let trial = 0; trial < 60; trial++) {
    const shape: Triple = [2 + random.integer(8), 2 + random.integer(7), 2 + random.integer(9)];
    const spacing: Triple = [0.4 + random.next(), 1.3 + random.next(), 5 * random.next() + 0.2];
    const [a, b] = [0.9, 0.1].map((density) => randomMask(shape, spacing, density, random));
    const lone = maskWhere(shape, spacing, (x, y, z) => x + y + z === 0);
    for (const [groundTruth, prediction] of [[a, b], [b, lone]]) {
      if (!prediction.data.includes(1) || !groundTruth.data.includes(1)) continue;
      const distances = surfaceDistances(groundTruth, prediction);
      assertClose(distances.fromGroundTruth, distancesByDefinition(groundTruth, prediction));
      assertClose(distances.fromPrediction, distancesByDefinition(prediction, groundTruth));
    }
  }
});

Deno.test("surfaceMetrics() is symmetric but for which mask is called empty", () => {
  const random = new Random("symmetry");
  const a = randomMask([7, 5, 9], uneven, 0.6, random);
  const b = randomMask([7, 5, 9], uneven, 0.3, random);
  assertEquals(surfaceMetrics(a, b), surfaceMetrics(b, a));
});

// Balls as in MONAI's tests, whose definition of the surface and of the percentile is ours.
Deno.test("surfaceMetrics() of a small and a large ball that the volume cuts off", () => {
  const small = ball(edge99, unit, 20, [20, 33, 22]);
  const large = ball(edge99, unit, 40, [20, 33, 22]);
  const { hdMm, hd95Mm } = surfaceMetrics(small, large);
  assertAlmostEquals(hdMm, 20.22375, 1e-5);
  assertAlmostEquals(hd95Mm, 20.09975, 1e-5);
  const { fromGroundTruth } = surfaceDistances(small, large);
  assertAlmostEquals(percentileOfSorted(fromGroundTruth, 95), 19.92486, 1e-5);
});

Deno.test("surfaceMetrics() of shifted and of nested balls by spacing", () => {
  for (const [spacing, hdMm] of [[unit, 1.7320508], [uneven, 2.2671568]] as const) {
    const ballAt = (place: number) => ball(edge99, spacing, 20, [place, place, place]);
    assertAlmostEquals(surfaceMetrics(ballAt(20), ballAt(19)).hdMm, hdMm, 1e-6);
  }
  const nested = [15, 30].map((radius) => ball(edge99, uneven, radius, [20, 33, 22]));
  assertAlmostEquals(surfaceMetrics(nested[0], nested[1]).hdMm, 15.62594, 1e-5);
});

// DeepMind's surface-distance gives the same distances, but NSD 0.5 at 1 mm: its surfaces run
// through the voxels' corners, of which half are 1 mm apart; our two centres are 2 mm apart.
Deno.test("surfaceMetrics() of two single voxels", () => {
  const voxelAt = (place: number) =>
    maskWhere([128, 128, 128], [3, 2, 1], (x, y, z) => x === 50 && y === 60 && z === place);
  const [a, b] = [voxelAt(70), voxelAt(72)];
  const metrics = surfaceMetrics(a, b, { toleranceMm: 1 });
  assertEquals(metrics, { hdMm: 2, hd95Mm: 2, nsd: 0, meanSurfaceDistanceMm: 2, empty: "none" });
  assertEquals(surfaceMetrics(a, b, { toleranceMm: 2 }).nsd, 1);
});

Deno.test("surfaceMetrics() of two slabs that differ by one layer of 2 mm", () => {
  const slab = (width: number) => maskWhere([100, 100, 100], [2, 1, 1], (x) => x < width);
  const { hdMm, hd95Mm } = surfaceMetrics(slab(50), slab(51));
  assertEquals([hdMm, hd95Mm], [2, 2]);
});

// MetricsReloaded's figure 20. A pooled percentile would give 2.26.
Deno.test("surfaceMetrics() of a slice with a far-off pixel takes the worse direction", () => {
  const block = (x: number, y: number) => x > 8 && x < 12 && y > 8 && y < 12;
  const groundTruth = maskWhere([14, 14, 1], unit, (x, y) => block(x, y) || (x === 1 && y === 1));
  const prediction = maskWhere([14, 14, 1], unit, block);
  const { hdMm, hd95Mm } = surfaceMetrics(groundTruth, prediction);
  assertAlmostEquals(hdMm, 11.3137, 1e-4);
  assertAlmostEquals(hd95Mm, 6.788, 1e-3);
});

// MetricsReloaded's figure 10: NSD 0.89 and 1, mean of the directed means 0.425.
Deno.test("surfaceMetrics() of a square with a cross", () => {
  const square = (x: number, y: number) => x > 2 && x < 8 && y > 2 && y < 8;
  const groundTruth = maskWhere([11, 11, 1], unit, square);
  const prediction = maskWhere([11, 11, 1], unit, (x, y) => {
    return square(x, y) || (x === 5 && y > 0 && y < 10) || (y === 5 && x > 0 && x < 10);
  });
  const near = surfaceMetrics(groundTruth, prediction, { toleranceMm: 1 });
  assertAlmostEquals(near.nsd, 0.89, 0.01);
  assertAlmostEquals(near.meanSurfaceDistanceMm, 0.425, 1e-3);
  assertEquals(surfaceMetrics(groundTruth, prediction, { toleranceMm: 2 }).nsd, 1);
});

Deno.test("surfaceMetrics() of empty masks follows the documented rules", () => {
  const shape: Triple = [4, 3, 12];
  const empty = maskWhere(shape, unit, () => false);
  const full = maskWhere(shape, unit, () => true);
  const diagonal = { hdMm: 13, hd95Mm: 13, nsd: 0, meanSurfaceDistanceMm: 13 };
  assertEquals(surfaceMetrics(full, empty), { ...diagonal, empty: "prediction" });
  assertEquals(surfaceMetrics(empty, full), { ...diagonal, empty: "groundTruth" });
  assertEquals(surfaceMetrics(empty, empty), {
    hdMm: NaN,
    hd95Mm: NaN,
    nsd: NaN,
    meanSurfaceDistanceMm: NaN,
    empty: "both",
  });
});

Deno.test("surfaceMetrics() of a volume of one voxel: it has a surface, too", () => {
  const [none, one] = [0, 1].map((value) => maskWhere([1, 1, 1], [3, 4, 12], () => value === 1));
  assertEquals(surfaceMetrics(one, none).empty, "prediction");
  assertEquals(surfaceMetrics(one, none).hd95Mm, 13);
  assertEquals(surfaceMetrics(one, one).nsd, 1);
});

Deno.test("surfaceMetrics() measures in voxels on request", () => {
  const at = (place: number) => maskWhere([9, 9, 9], [3, 2, 7], (_x, _y, z) => z === place);
  assertEquals(surfaceMetrics(at(2), at(6), { spacing: unit }).hd95Mm, 4);
  assertEquals(surfaceMetrics(at(2), at(6)).hd95Mm, 28);
});
