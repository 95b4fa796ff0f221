import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { planRuns } from "../../lib/experiments/run_spec.ts";
import { runWaves } from "../../lib/experiments/run_waves.ts";
import { manifestOnly, request, specOf } from "./plans.ts";

Deno.test("a run's identity is what decides its result, and nothing else", () => {
  const one = specOf();
  assertMatch(one.id, /^liver-focus-fold1of5-[0-9a-f]{10}$/);
  const entries = manifestOnly().entries;
  const changed = (change: Partial<typeof entries[number]>) =>
    manifestOnly({ entries: entries.map((entry) => ({ ...entry, ...change })) });
  // Labels, phases, modes and changes that change nothing do not.
  for (
    const same of [
      specOf({ label: "other", phases: ["detector"], modes: [] }),
      specOf({ changes: [] }),
      specOf({ changes: ["seed=0", "segmentor.edgeRounding=up"] }),
      // A key that came after the first results, at what it was before it came.
      specOf({ changes: ["detector.view.filter=none"] }),
      specOf({}, manifestOnly({ name: "the same cases elsewhere", dir: "/other" })),
      specOf({}, changed({ imageVolume: 0 })),
    ]
  ) assertEquals([same.id, same.hash], [one.id, one.hash]);
  for (
    const other of [
      specOf({ changes: ["seed=1"] }),
      specOf({ fold: "2/5" }),
      specOf({ organ: "spleen" }),
      specOf({ preset: "paper" }),
      specOf({ changes: ["phases.segmentor.epochs=3"] }),
      specOf({ changes: ["detector.view.filter=sobel"] }),
      specOf({}, manifestOnly({ entries: entries.slice(1) })),
      specOf({}, changed({ modality: "ct" })),
      specOf({}, changed({ imageVolume: 1 })),
    ]
  ) assertNotEquals(other.hash, one.hash);
  assertMatch(specOf({ organ: "right kidney" }).id, /^right_kidney-focus-/);
  assertThrows(() => specOf({ organ: "livr" }), UserError, "liver");
  assertThrows(() => specOf({ changes: ["segmentor.edges=1"] }), UserError);
});

Deno.test("the content of files that networks start from is part of a run's identity", async () => {
  const file = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    const changes = [`modelWeights=${file}`];
    await Deno.writeTextFile(file, "one");
    const [one, again] = [specOf({ changes }), specOf({ changes })];
    assertEquals(again.hash, one.hash);
    await Deno.writeTextFile(file, "two");
    const two = specOf({ changes });
    assertNotEquals(two.hash, one.hash);
    assertEquals(two.phaseHashes.detector, one.phaseHashes.detector);
    assertNotEquals(two.phaseHashes.segmentor, one.phaseHashes.segmentor);
    assertNotEquals(two.phaseHashes.whole, one.phaseHashes.whole);
    const backbone = () =>
      specOf({ preset: "paper", changes: [`detector.network.backboneWeights=${file}`] });
    const before = backbone();
    await Deno.writeTextFile(file, "three");
    const after = backbone();
    assertNotEquals(after.phaseHashes.detector, before.phaseHashes.detector);
    assertEquals(after.phaseHashes.segmentor, before.phaseHashes.segmentor);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a run that is asked for twice in a row of a table counts once", () => {
  const twice = [request(), request({ organ: "Liver" }), request({ label: "other" })];
  const { runs, requested } = planRuns(twice, () => manifestOnly());
  assertEquals(runs.length, 1);
  assertEquals(requested.map(({ label }) => label), ["focus", "other"]);
});

/** The phases in which a run with these changes learns something else than one without. */
function learnsElse(...changes: string[]): string[] {
  const [one, other] = [specOf().phaseHashes, specOf({ changes }).phaseHashes];
  return Object.keys(one).filter((phase) =>
    one[phase as keyof typeof one] !== other[phase as keyof typeof one]
  );
}

Deno.test("a phase is known by what its training reads", () => {
  const all = ["detector", "segmentor", "finetune", "whole"];
  const segmentors = ["segmentor", "finetune", "whole"];
  const cases: readonly [string, readonly string[]][] = [
    ["segmentor.passes=1", ["finetune"]],
    ["segmentor.passes=2", []],
    ["segmentor.searchSkips=0", ["finetune"]],
    ["segmentor.paste=nearest", []],
    ["segmentor.largestComponent=false", []],
    ["seed=1", all],
    ["segmentor.kernel=linear", segmentors],
    ["segmentor.labels=nearest", segmentors],
    ["segmentor.dropout=0", segmentors],
    ["segmentor.source=cube", segmentors],
    ["segmentor.edge=32", ["segmentor", "finetune"]],
    ["detector.marginVoxels=3", ["segmentor", "finetune"]],
    ["detector.fallback=none", ["segmentor", "finetune"]],
    ["detector.fusion=views", ["finetune"]],
    ["roiTraining.faceJitter=0", ["segmentor", "finetune"]],
    ["roiTraining.groundTruthShare=0", ["finetune"]],
    ["detector.view.slabCount=8", ["detector", "finetune"]],
    ["phases.detector.epochs=2", ["detector", "finetune"]],
    ["phases.segmentor.epochs=2", ["segmentor", "finetune"]],
    ["phases.finetune.epochs=2", ["finetune"]],
    ["phases.whole.epochs=2", ["whole"]],
  ];
  for (const [change, expected] of cases) {
    assertEquals(learnsElse(change).toSorted(), expected.toSorted(), change);
  }
});

Deno.test("a detector that learns all labels serves every organ that the same cases have", () => {
  const hashOf = (...parts: Parameters<typeof specOf>) => specOf(...parts).phaseHashes.detector;
  assertEquals(hashOf({ organ: "spleen" }), hashOf());
  const [first] = manifestOnly().entries;
  const withoutSpleen = { ...first, labels: { 1: {} } } as unknown as typeof first;
  const lacking = manifestOnly({ entries: [withoutSpleen, ...manifestOnly().entries.slice(1)] });
  const folds = [1, 2, 3].map((k) => `${k}/3`);
  const ofOrgan = (organ: string) => folds.map((fold) => hashOf({ organ, fold }, lacking));
  assert(ofOrgan("spleen").some((hash, i) => hash !== ofOrgan("liver")[i]));
  const alone = { changes: ["detector.targets=organ"] };
  assertNotEquals(hashOf({ ...alone, organ: "spleen" }), hashOf({ ...alone, organ: "liver" }));
});

Deno.test("runs that several ask for are planned once, and a phase is trained once", () => {
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
  assertEquals(runs.map(({ waitsFor }) => waitsFor), [[], [first], [first], [], []]);
  assertEquals(runWaves(runs).map((wave) => wave.length), [3, 2]);
  // What is done already is in no wave, and nothing waits for it.
  assertEquals(runWaves(runs.slice(1)).map((wave) => wave.length), [4]);
});

Deno.test("a run waits for each of those that train a phase of it", () => {
  const { runs } = planRuns([
    request({ label: "a", phases: ["detector"] }),
    request({ label: "b", changes: ["phases.detector.epochs=2"], phases: ["segmentor"] }),
    request({ label: "c", changes: ["segmentor.passes=1"] }),
    request({ label: "d", changes: ["segmentor.paste=nearest"] }),
  ], () => manifestOnly());
  const [a, b, c] = runs.map(({ id }) => id);
  assertEquals(runs.map(({ waitsFor }) => waitsFor), [[], [], [a, b], [a, b, c]]);
  assertEquals(runWaves(runs).map((wave) => wave.length), [2, 1, 1]);
});
