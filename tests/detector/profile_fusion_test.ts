import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fuseViews } from "../../lib/detector/fusion.ts";
import { fuseProfiles, type ViewProfiles } from "../../lib/detector/profile_fusion.ts";
import { boxOfProfiles, type SilhouetteProfiles } from "../../lib/detector/silhouette_walls.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import { viewAxes, type ViewName, viewNames } from "../../lib/volume/projection.ts";

const length = 20;
const nothing = new Float32Array(length);

/** 1 from `min` to `max`, both in values, 0 elsewhere. */
function step(min: number, max: number, level = 1): Float32Array {
  return Float32Array.from({ length }, (_, i) => i >= min && i < max ? level : 0);
}

function viewsOf(of: (view: ViewName) => SilhouetteProfiles): ViewProfiles {
  return { xy: of("xy"), yz: of("yz"), xz: of("xz") };
}

/** Every view sees these walls, sharply. */
function sharp(spans: readonly (readonly [number, number])[], level = 1): ViewProfiles {
  return viewsOf((view) => ({
    horizontal: step(...spans[viewAxes[view].horizontal], level),
    vertical: step(...spans[viewAxes[view].vertical], level),
  }));
}

function assertBox(actual: Box3, min: readonly number[], max: readonly number[]): void {
  for (const axis of [0, 1, 2]) {
    assertAlmostEquals(actual.min[axis], min[axis] / length, 1e-6, `low wall of ${axis}`);
    assertAlmostEquals(actual.max[axis], max[axis] / length, 1e-6, `high wall of ${axis}`);
  }
}

Deno.test("profile fusion: views that agree give the box back, as the fusion of walls does", () => {
  const seen = sharp([[2, 9], [5, 19], [0, 7]]);
  assertBox(fuseProfiles([seen]), [2, 5, 0], [9, 19, 7]);
  assertEquals(
    fuseProfiles([seen]),
    fuseViews({
      xy: boxOfProfiles(seen.xy),
      yz: boxOfProfiles(seen.yz),
      xz: boxOfProfiles(seen.xz),
    }),
  );
});

Deno.test("profile fusion: the view with the steeper profile decides a wall, whatever the other wall is", () => {
  // Of x, xy knows the low wall (at 4) and is in doubt of the high one, xz the reverse (at 15).
  const ramp = (from: number, to: number) => (i: number) =>
    Math.min(1, Math.max(0, (i + 0.5 - from) / (to - from)));
  const rising = Float32Array.from({ length }, (_, i) => i >= 15 ? 0 : ramp(0, 17)(i));
  const falling = Float32Array.from({ length }, (_, i) => i < 4 ? 0 : 1 - ramp(2, 20)(i));
  const seen = {
    ...sharp([[4, 15], [3, 8], [6, 11]]),
    xy: { horizontal: falling, vertical: step(3, 8) },
    xz: { horizontal: rising, vertical: step(6, 11) },
  };
  const { min, max } = fuseProfiles([seen]);
  const walls = fuseViews({
    xy: boxOfProfiles(seen.xy),
    yz: boxOfProfiles(seen.yz),
    xz: boxOfProfiles(seen.xz),
  });
  const errors = (low: number, high: number) =>
    [low - 4 / length, high - 15 / length].map(Math.abs);
  const [low, high] = errors(min[0], max[0]);
  const [lowByWalls, highByWalls] = errors(walls.min[0], walls.max[0]);
  // Half a value: the mean jumps from below one half to above it where the sure view has its wall.
  assertEquals(low <= 0.5 / length && high <= 0.5 / length, true, `${low} ${high}`);
  assertEquals(lowByWalls > 1 / length && highByWalls > 1 / length, true);
});

Deno.test("profile fusion: the view from the side counts a third of the others", () => {
  const seen: ViewProfiles = {
    xy: { horizontal: step(2, 9, 0.8), vertical: step(5, 12, 0.8) },
    yz: { horizontal: step(3, 18), vertical: step(1, 19) },
    xz: { horizontal: step(2, 9, 0.8), vertical: step(6, 14, 0.8) },
  };
  // Of y and z the mean is 0.75 * 0.8 + 0.25 inside both, 0.25 where yz alone sees something.
  const [inX, inYz] = [0.3 / 0.8, 0.35 / 0.6];
  assertBox(
    fuseProfiles([seen]),
    [2.5 - inX, 5.5 - inYz, 6.5 - inYz],
    [8.5 + inX, 11.5 + inYz, 13.5 + inYz],
  );
});

Deno.test("profile fusion: what one view alone sees has its walls, and the rest those that are given", () => {
  const blind = { horizontal: nothing, vertical: nothing };
  const seen = {
    xy: { horizontal: step(2, 9, 0.9), vertical: step(5, 12, 0.9) },
    yz: blind,
    xz: blind,
  };
  const { boxUnit } = boxOfProfiles(seen.xy);
  assertEquals(fuseProfiles([seen]), {
    min: [...boxUnit.min, 0],
    max: [...boxUnit.max, 1],
  });
  const usual: Box3 = { min: [0.1, 0.2, 0.3], max: [0.4, 0.5, 0.6] };
  assertEquals(fuseProfiles([seen], usual), {
    min: [...boxUnit.min, 0.3],
    max: [...boxUnit.max, 0.6],
  });
  const unseen = viewsOf(() => blind);
  assertEquals(fuseProfiles([unseen], usual), usual);
  assertEquals(fuseProfiles([unseen]), { min: [0, 0, 0], max: [1, 1, 1] });
});

Deno.test("profile fusion: where two views contradict each other their walls are averaged", () => {
  // The mean of the two is 0.4 at either place.
  const seen: ViewProfiles = {
    ...sharp([[2, 5], [6, 9], [3, 12]], 0.8),
    xz: { horizontal: step(14, 19, 0.8), vertical: step(3, 12, 0.8) },
  };
  const { min, max } = fuseProfiles([seen]);
  const walls = fuseViews({
    xy: boxOfProfiles(seen.xy),
    yz: boxOfProfiles(seen.yz),
    xz: boxOfProfiles(seen.xz),
  });
  assertEquals([min[0], max[0]], [walls.min[0], walls.max[0]]);
  assertEquals(min[0] > 5 / length && max[0] < 14 / length, true, `${min[0]} ${max[0]}`);
});

Deno.test("profile fusion: of several targets the box around all that were found", () => {
  const right = sharp([[12, 17], [4, 9], [8, 15]]);
  const left = sharp([[2, 6], [5, 11], [6, 13]]);
  const unseen = viewsOf(() => ({ horizontal: nothing, vertical: nothing }));
  assertBox(fuseProfiles([right, unseen, left]), [2, 4, 6], [17, 11, 15]);
});

Deno.test("profile fusion: every axis is read from the two views that see it", () => {
  for (const axis of [0, 1, 2] as const) {
    const spans: [number, number][] = [[2, 9], [5, 19], [4, 7]];
    const seen = sharp(spans);
    const moved = sharp(spans.map(([min, max], i) => i === axis ? [min + 1, max + 1] : [min, max]));
    for (const view of viewNames) {
      const { horizontal, vertical } = viewAxes[view];
      const isSeen = horizontal === axis || vertical === axis;
      const both = fuseProfiles([{ ...moved, [view]: seen[view] }]);
      // A view that does not see the axis changes nothing, and none changes another axis.
      if (!isSeen) assertEquals(both, fuseProfiles([moved]));
      for (const other of [0, 1, 2].filter((i) => i !== axis)) {
        assertEquals(both.min[other], fuseProfiles([seen]).min[other]);
      }
    }
  }
});
