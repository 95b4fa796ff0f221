import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { planRuns } from "../../lib/experiments/run_spec.ts";
import { runWaves } from "../../lib/experiments/run_waves.ts";
import { manifestOnly, request, specOf } from "./plans.ts";

Deno.test("a run's identity is what decides its result, and nothing else", () => {
  const one = specOf();
  assertMatch(one.id, /^liver-focus-fold1of5-[0-9a-f]{10}$/);
  // Labels, phases, modes and changes that change nothing do not.
  for (
    const same of [
      specOf({ label: "other", phases: ["detector"], modes: [] }),
      specOf({ changes: [] }),
      specOf({ changes: ["seed=0", "segmentor.edgeRounding=up"] }),
      // A key that came after the first results, at what it was before it came.
      specOf({ changes: ["detector.view.filter=none"] }),
      specOf({}, manifestOnly({ name: "the same cases elsewhere", dir: "/other" })),
    ]
  ) assertEquals([same.id, same.hash], [one.id, one.hash]);
  const entries = manifestOnly().entries;
  for (
    const other of [
      specOf({ changes: ["seed=1"] }),
      specOf({ fold: "2/5" }),
      specOf({ organ: "spleen" }),
      specOf({ preset: "paper" }),
      specOf({ changes: ["phases.segmentor.epochs=3"] }),
      specOf({ changes: ["detector.view.filter=sobel"] }),
      specOf({}, manifestOnly({ entries: entries.slice(1) })),
    ]
  ) assertNotEquals(other.hash, one.hash);
  assertMatch(specOf({ organ: "right kidney" }).id, /^right_kidney-focus-/);
  assertThrows(() => specOf({ organ: "livr" }), UserError, "liver");
  assertThrows(() => specOf({ changes: ["segmentor.edges=1"] }), UserError);
});

Deno.test("a detector that learns the same is known by its own identity", () => {
  const { detectorHash } = specOf();
  const same = ["segmentor.kernel=linear", "detector.marginVoxels=3", "phases.whole.epochs=2"];
  for (const change of same) assertEquals(specOf({ changes: [change] }).detectorHash, detectorHash);
  const others = ["detector.view.slabCount=8", "phases.detector.epochs=2", "seed=1"];
  for (const change of others) {
    assertNotEquals(specOf({ changes: [change] }).detectorHash, detectorHash);
  }
  // One that learns all labels serves every organ that the same cases have; one of an organ that one.
  assertEquals(specOf({ organ: "spleen" }).detectorHash, detectorHash);
  const [first] = manifestOnly().entries;
  const withoutSpleen = { ...first, labels: { 1: {} } } as unknown as typeof first;
  const lacking = manifestOnly({ entries: [withoutSpleen, ...manifestOnly().entries.slice(1)] });
  const folds = [1, 2, 3].map((k) => `${k}/3`);
  const ofOrgan = (organ: string) =>
    folds.map((fold) => specOf({ organ, fold }, lacking).detectorHash);
  assert(ofOrgan("spleen").some((hash, i) => hash !== ofOrgan("liver")[i]));
  const alone = { changes: ["detector.targets=organ"] };
  assertNotEquals(
    specOf({ ...alone, organ: "spleen" }).detectorHash,
    specOf({ ...alone, organ: "liver" }).detectorHash,
  );
});

Deno.test("runs that several ask for are planned once, and one detector is trained once", () => {
  const { runs, requested } = planRuns([
    request({ label: "a", phases: ["detector"], modes: [] }),
    request({ label: "b", phases: ["segmentor"], modes: ["groundTruthRoi"] }),
    request({ label: "c", changes: ["segmentor.kernel=linear"] }),
    request({ label: "d", organ: "spleen" }),
    request({ label: "e", organ: "spleen", fold: "2/5" }),
    request({ label: "f", organ: "spleen", changes: ["seed=1"], phases: ["whole"] }),
  ], () => manifestOnly());
  assertEquals(requested.map(({ label }) => label), ["a", "b", "c", "d", "e", "f"]);
  assertEquals(requested[0].id, requested[1].id);
  assertEquals(runs.length, 5);
  assertEquals(runs[0].phases, ["detector", "segmentor"]);
  assertEquals(runs[0].modes, ["groundTruthRoi"]);
  const first = runs[0].id;
  assertEquals(
    runs.map(({ sameDetectorAs }) => sameDetectorAs),
    [undefined, first, first, undefined, undefined],
  );
  assertEquals(runWaves(runs).map((wave) => wave.length), [3, 2]);
  // What is done already is in no wave, and nothing waits for it.
  assertEquals(runWaves(runs.slice(1)).map((wave) => wave.length), [4]);
});
