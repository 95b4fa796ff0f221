import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "../../lib/tf.ts";
import type { DetectorConfig } from "../../lib/config/config.ts";
import { boxPrior } from "../../lib/detector/box_prior.ts";
import { buildDetector, type Detector } from "../../lib/detector/detector.ts";
import { addMargin, fuseViews, joinBoxes } from "../../lib/detector/fusion.ts";
import { fuseProfiles } from "../../lib/detector/profile_fusion.ts";
import { readProfiles, readWalls } from "../../lib/detector/silhouette_walls.ts";
import { keepHull } from "../../lib/detector/visual_hull.ts";
import { UserError } from "../../lib/errors.ts";
import { Random } from "../../lib/random.ts";
import { aroundBoxes, type Box3 } from "../../lib/volume/box.ts";
import { type ViewName, viewNames } from "../../lib/volume/projection.ts";
import type { Volume } from "../../lib/volume/volume.ts";
import { assertNoLeak } from "../tensors.ts";

const silhouette: DetectorConfig = {
  targets: "organ",
  view: { kind: "slabs", slabCount: 3, edge: 16, filter: "none" },
  network: { kind: "silhouette", widths: [4, 8] },
  fallback: "none",
  fusion: "hull",
  marginRelative: 0.1,
  marginVoxels: 1,
};

const pyramid: DetectorConfig = {
  targets: "organ",
  view: { kind: "centre", slabCount: 1, edge: 32, filter: "none" },
  network: {
    kind: "pyramid",
    backbone: "small",
    backboneWeights: "",
    stageCount: 2,
    width: 8,
    heads: 2,
    points: 2,
    feedForwardWidth: 16,
    maskDropRate: 0.5,
  },
  fallback: "none",
  fusion: "views",
  marginRelative: 0,
  marginVoxels: 2,
};

function randomVolume(): Volume {
  const random = new Random("volume");
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];
  const data = Float32Array.from({ length: 12 * 20 * 9 }, () => random.next());
  return { shape: [12, 20, 9], affine, data };
}

const everything: Box3 = { min: [0, 0, 0], max: [1, 1, 1] };

/** Heads by chance, of so many targets: untrained ones find nothing, and so the whole volume. */
function withRandomHeads(detector: Detector, targets = 1): Detector {
  const random = new Random("heads");
  for (const view of viewNames) {
    const { parameters } = detector.modules[view];
    const noise = (length: number, size: number) =>
      Array.from({ length }, () => random.normal(0, size));
    tf.tidy(() => {
      parameters.get("head.weight").assign(
        tf.tensor(noise(4 * targets, 2), [1, 1, 4, targets]),
      );
      parameters.get("head.bias").assign(tf.tensor1d(noise(targets, 0.5)));
    });
  }
  return detector;
}

Deno.test("detector: views, fusion and margin belong together, for both kinds", async () => {
  for (const config of [silhouette, pyramid]) {
    const detector = buildDetector(config, 3);
    if (config === silhouette) withRandomHeads(detector);
    await assertNoLeak(async () => {
      const volume = randomVolume();
      const { views, tightUnit, roiUnit } = await detector.detect(volume);
      assertEquals(Object.keys(views), [...viewNames]);
      assertEquals(tightUnit, fuseViews(views));
      assertEquals(roiUnit, addMargin(tightUnit, volume.shape, config));
      assertNotEquals(tightUnit, everything);
      for (const axis of [0, 1, 2]) {
        assertEquals(roiUnit.min[axis] >= 0 && roiUnit.max[axis] <= 1, true);
        assertEquals(roiUnit.min[axis] < roiUnit.max[axis], true);
      }
    });
    detector.dispose();
  }
});

Deno.test("detector: of another organ it shares the networks, which look at an image once", async () => {
  const config: DetectorConfig = { ...silhouette, targets: "labels", fallback: "usual" };
  const pieces = [1, 2, 1];
  const prior = boxPrior([{ min: [0.1, 0.2, 0.3], max: [0.5, 0.9, 0.8] }]);
  const before = tf.memory().numTensors;
  const first = withRandomHeads(buildDetector(config, 5, { pieces, organ: [0] }), 3);
  const other = first.forOrgan([1, 2], prior);
  let looks = 0;
  for (const view of viewNames) {
    const { modules: { [view]: module } } = first;
    const apply = module.apply.bind(module);
    module.apply = (...args) => {
      looks++;
      return apply(...args);
    };
  }
  const alone = [
    withRandomHeads(buildDetector(config, 5, { pieces, organ: [0] }), 3),
    withRandomHeads(buildDetector(config, 5, { pieces, organ: [1, 2] }, prior), 3),
  ];
  for (const [i, volume] of [randomVolume(), randomVolume()].entries()) {
    assertEquals(await first.detect(volume), await alone[0].detect(volume));
    assertEquals(await other.detect(volume), await alone[1].detect(volume));
    assertNotEquals((await other.detect(volume)).views, (await first.detect(volume)).views);
    assertEquals(looks, 3 * (i + 1));
  }
  first.dispose();
  for (const one of alone) one.dispose();
  assertEquals(tf.memory().numTensors, before);
  const single = buildDetector(silhouette, 5);
  assertThrows(() => single.forOrgan([0]), RangeError, "of all labels");
  single.dispose();
});

Deno.test("detector: with fusion by the hull each target is read from what all views agree on", async () => {
  const targets = { pieces: [1, 1, 2], organ: [0, 2] };
  const detector = withRandomHeads(buildDetector(silhouette, 5, targets), 3);
  const volume = randomVolume();
  const seen = { xy: [], yz: [], xz: [] } as Record<ViewName, Float32Array[]>;
  for (const view of viewNames) {
    const pictures = detector.pictures(volume, view);
    [seen[view]] = await detector.modules[view].silhouettes(pictures);
    pictures.dispose();
  }
  const agreed = [0, 1].map((i) =>
    keepHull({ xy: seen.xy[i], yz: seen.yz[i], xz: seen.xz[i] }, 16, i + 1)
  );
  const { views } = await detector.detect(volume);
  let changed = 0;
  for (const view of viewNames) {
    const read = (pictures: Float32Array[]) =>
      joinBoxes(pictures.map((picture, i) => readWalls(picture, 16, 16, i + 1)));
    assertEquals(views[view], read(agreed.map((pictures) => pictures[view])), view);
    if (JSON.stringify(views[view]) !== JSON.stringify(read(seen[view]))) changed++;
  }
  assertEquals(changed > 0, true);
  detector.dispose();
  // With profiles the views have the same boxes, and the fused one is another.
  const config: DetectorConfig = { ...silhouette, fusion: "profiles" };
  const other = withRandomHeads(buildDetector(config, 5, targets), 3);
  const found = await other.detect(volume);
  assertEquals(found.views, views);
  assertEquals(
    found.tightUnit,
    fuseProfiles(agreed.map((pictures, i) => {
      const profiles = (view: ViewName) => readProfiles(pictures[view], 16, 16, i + 1);
      return { xy: profiles("xy"), yz: profiles("yz"), xz: profiles("xz") };
    })),
  );
  assertNotEquals(found.tightUnit, fuseViews(views));
  other.dispose();
});

Deno.test("detector: an unusual box leads to all places that are usual, besides its own", async () => {
  const volume = randomVolume();
  const plain = withRandomHeads(buildDetector(silhouette, 3));
  const { tightUnit } = await plain.detect(volume);
  assertNotEquals(tightUnit, everything);
  const far: Box3 = { min: [0.95, 0.95, 0.95], max: [1, 1, 1] };
  for (const [usual, expected] of [[tightUnit, true], [far, false]] as const) {
    const detector = withRandomHeads(buildDetector(silhouette, 3, undefined, boxPrior([usual])));
    const found = await detector.detect(volume);
    assertEquals([found.isUsual, found.tightUnit], [expected, tightUnit]);
    const organ = expected ? tightUnit : aroundBoxes([tightUnit, far]);
    assertEquals(found.roiUnit, addMargin(organ, volume.shape, silhouette));
    if (!expected) assertNotEquals(found.roiUnit, addMargin(tightUnit, volume.shape, silhouette));
    detector.dispose();
  }
  plain.dispose();
});

Deno.test("detector: where no view finds anything it looks in all usual places, not everywhere", async () => {
  const prior = boxPrior([{ min: [0.1, 0.3, 0.5], max: [0.3, 0.55, 0.9] }]);
  // Heads as they begin find nothing.
  const detector = buildDetector({ ...silhouette, fallback: "usual" }, 3, undefined, prior);
  const { shape } = randomVolume();
  const found = await detector.detect(randomVolume());
  assertEquals([found.tightUnit, found.isUsual], [everything, false]);
  assertEquals(found.roiUnit, addMargin(prior.outer, shape, silhouette));
  detector.dispose();
});

Deno.test("detector: equal seeds give equal weights, views different ones", async () => {
  const [a, b] = [buildDetector(silhouette, 3), buildDetector(silhouette, 3)];
  const weights = (detector: typeof a, view: "xy" | "yz") =>
    detector.modules[view].parameters.get("stem.conv.weight").data();
  assertEquals(await weights(a, "xy"), await weights(b, "xy"));
  const [xy, yz] = [await weights(a, "xy"), await weights(a, "yz")];
  assertEquals(xy.some((value, i) => value !== yz[i]), true);
  assertEquals(a.parameterCount(), 3 * a.modules.xz.parameters.count());
  a.dispose();
  b.dispose();
});

Deno.test("detector: disposing frees every tensor", async () => {
  await assertNoLeak(() => buildDetector(pyramid, 1).dispose());
});

Deno.test("detector: an organ that every view shows is fused to its box", async () => {
  const detector = buildDetector({ ...silhouette, marginRelative: 0, marginVoxels: 0 }, 3);
  for (const view of viewNames) {
    const { parameters } = detector.modules[view];
    tf.tidy(() => {
      parameters.get("head.weight").assign(tf.zeros([1, 1, 4, 1]));
      parameters.get("head.bias").assign(tf.tensor1d([30]));
    });
  }
  const { tightUnit, roiUnit } = await detector.detect(randomVolume());
  assertEquals(tightUnit, { min: [0, 0, 0], max: [1, 1, 1] });
  assertEquals(roiUnit, tightUnit);
  detector.dispose();
});

Deno.test("detector: a backbone is loaded where the configuration names one", async () => {
  const detector = buildDetector(pyramid, 1);
  await detector.modules.xy.loadBackbone();
  detector.dispose();
  if (pyramid.network.kind !== "pyramid") throw new Error("unreachable");
  const network = { ...pyramid.network, backboneWeights: "nowhere.safetensors" };
  const other = buildDetector({ ...pyramid, network }, 1);
  await assertRejects(() => other.modules.xy.loadBackbone(), UserError, "nowhere.safetensors");
  other.dispose();
});
