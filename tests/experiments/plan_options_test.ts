import { assert, assertEquals, assertThrows } from "@std/assert";
import { epochChanges, parseEpochs } from "../../lib/config/epoch_budget.ts";
import { makeConfig } from "../../lib/config/overrides.ts";
import type { EvaluationMode } from "../../lib/evaluation/records.ts";
import { UserError } from "../../lib/errors.ts";
import { ablationVariants } from "../../lib/experiments/ablation_variants.ts";
import { experiments } from "../../lib/experiments/experiments.ts";
import {
  changesOf,
  narrowRequests,
  type PlanOptions,
  requestEach,
  requireDifferent,
  requireEffect,
} from "../../lib/experiments/plan_options.ts";
import { planRuns, type RunRequest } from "../../lib/experiments/run_spec.ts";
import { defaultOrgans, targetOf } from "../../lib/experiments/targets.ts";
import { manifestOnly } from "./plans.ts";

const options: PlanOptions = {
  presets: ["paper", "focus"],
  organs: ["liver", "spleen"],
  folds: 3,
  seed: 7,
  changes: ["phases.whole.batchSize=1"],
};

Deno.test("every fold has every variant and organ, the folds outermost", () => {
  const variants = options.presets.map((preset) => ({
    name: preset,
    preset,
    changes: [],
    why: "",
  }));
  const runs = requestEach(options, variants, { phases: ["whole"], modes: ["withoutCrop"] });
  assertEquals(runs.length, 12);
  assertEquals(
    runs.slice(0, 5).map(({ fold, label, organ }) => [fold, label, organ]),
    [
      ["1/3", "paper", "liver"],
      ["1/3", "paper", "spleen"],
      ["1/3", "focus", "liver"],
      ["1/3", "focus", "spleen"],
      ["2/3", "paper", "liver"],
    ],
  );
  assertEquals(runs[0].changes, ["seed=7", "phases.whole.batchSize=1"]);
  const some = requestEach({ ...options, onlyFolds: [3] }, variants, { phases: [], modes: [] });
  assertEquals(new Set(some.map(({ fold }) => fold)), new Set(["3/3"]));
});

Deno.test("a change of a preset or row that no run has, or of its seed, is refused", () => {
  const requests = [
    { preset: "focus", label: "Dice + focal loss" },
    { preset: "tiny", label: "tiny" },
  ] as RunRequest[];
  const ofPaper = () => requireEffect(["paper:segmentor.edge=32"], requests);
  assertThrows(ofPaper, UserError, "Add --preset paper");
  assertThrows(() => requireEffect(["tiny:seed=7"], requests), UserError, "Give --seed");
  requireEffect(["focus:segmentor.edge=32", "seed=7", "phases.whole.epochs=3"], requests);
  const ofRow = (row: string) => requireEffect([`${row}:segmentor.edge=32`], requests);
  ofRow("Dice + focal loss");
  assertThrows(() => ofRow("Dice"), UserError, "one of focus; Dice + focal loss; tiny");
});

Deno.test("rows that changes make one and the same run are refused, by their names", () => {
  const variants = ["0.001", "0.002"].map((rate) => ({
    name: `rate ${rate}`,
    preset: "focus",
    changes: [`phases.segmentor.learningRate=${rate}`],
    why: "",
  }));
  const work = { phases: ["segmentor"], modes: ["groundTruthRoi"] } as const;
  const requestsWith = (change: string) =>
    requestEach({ ...options, changes: [change] }, variants, work);
  requireDifferent(requestsWith("segmentor.fineWidth=0"));
  assertThrows(
    () => requireDifferent(requestsWith("phases.segmentor.learningRate=0.003")),
    UserError,
    "rate 0.001 and rate 0.002",
  );
});

Deno.test("--epochs keeps fine-tuning's share, and a warm-up takes half at most", () => {
  const { phases } = makeConfig("focus", epochChanges("focus", [{ epochs: 6 }]));
  assertEquals(
    [phases.detector.epochs, phases.segmentor.epochs, phases.whole.epochs],
    [6, 6, 6],
  );
  assertEquals([phases.finetune.epochs, phases.finetune.warmupEpochs], [3, 1]);
  assertEquals(phases.segmentor.warmupEpochs, 3);
  const more = makeConfig("focus", epochChanges("focus", [{ epochs: 16 }])).phases;
  assertEquals([more.finetune.epochs, more.finetune.warmupEpochs], [8, 4]);
  const longer = makeConfig("paper", epochChanges("paper", [{ epochs: 400 }]));
  assertEquals(longer.phases.finetune.epochs, 100);
  assertEquals(epochChanges("paper", []), []);
});

Deno.test("--epochs is of all rows, of one, or of a phase; the last that fits counts", () => {
  const rows = ["paper", "focus", "1.5e-3, paper"];
  assertEquals(parseEpochs("60", rows), { epochs: 60 });
  assertEquals(parseEpochs("detector=20", rows), { epochs: 20, phase: "detector" });
  assertEquals(parseEpochs("paper.detector=12", rows), {
    epochs: 12,
    row: "paper",
    phase: "detector",
  });
  assertEquals(parseEpochs("1.5e-3, paper=7", rows), { epochs: 7, row: "1.5e-3, paper" });
  for (const wrong of ["0", "-1", "2.5", "paper=", "papr=3", "paper.detektor=3", "paper=0", "x"]) {
    assertThrows(() => parseEpochs(wrong, rows), UserError);
  }
  assertEquals(parseEpochs("whole=3"), { epochs: 3, phase: "whole" });
  assertThrows(() => parseEpochs("paper=3"), UserError, "must name a phase (detector,");
  const variants = options.presets.map((preset) => ({
    name: preset,
    preset,
    changes: [],
    why: "",
  }));
  const epochs = ["9", "paper=40", "paper.detector=12"].map((text) => parseEpochs(text, rows));
  const changes = requestEach({ ...options, epochs }, variants, { phases: [], modes: [] });
  const phasesOf = (preset: string) =>
    makeConfig(preset, changes.find((one) => one.preset === preset)!.changes).phases;
  assertEquals(
    [phasesOf("paper").detector.epochs, phasesOf("paper").segmentor.epochs],
    [12, 40],
  );
  assertEquals(
    [phasesOf("focus").detector.epochs, phasesOf("focus").segmentor.epochs],
    [9, 9],
  );
});

Deno.test("a change of a preset comes before those of its rows, then one of all runs, then one of a row", () => {
  const changes = [
    "paper:seed=7",
    "focus:roiTraining.faceJitter=0.08",
    "it's mine:segmentor.fineWidth=4",
    "segmentor.fineWidth=0",
  ];
  const given = { ...options, changes };
  const changesIn = (name: string, preset: string, changes: readonly string[] = []) =>
    changesOf(given, { name, preset, changes });
  assertEquals(changesIn("no jitter", "focus", ["roiTraining.faceJitter=0"]), [
    "roiTraining.faceJitter=0.08",
    "roiTraining.faceJitter=0",
    "segmentor.fineWidth=0",
  ]);
  assertEquals(changesIn("tiny", "tiny"), ["segmentor.fineWidth=0"]);
  assertEquals(changesIn("it's mine", "tiny"), ["segmentor.fineWidth=0", "segmentor.fineWidth=4"]);
  const rows = ["focus", "no jitter"].map((name) => ({
    name,
    preset: "focus",
    changes: name === "focus" ? [] : ["roiTraining.faceJitter=0"],
    why: "",
  }));
  const requests = requestEach(given, rows, { phases: ["segmentor"], modes: [] });
  const jitters = requests.map(({ preset, changes }) =>
    makeConfig(preset, changes).roiTraining.faceJitter
  );
  assertEquals(new Set(jitters), new Set([0.08, 0]));
  // A colon in a value, as of a path, is none of a preset.
  const path = { ...options, changes: ["modelWeights=C:x", "modelWeights=a:b=c"] };
  assertEquals(changesOf(path, { name: "focus", preset: "focus", changes: [] }), path.changes);
});

Deno.test("the requests of chosen modes leave out the phases that these do not need", () => {
  const [request] = requestEach(options, [{ name: "a", preset: "focus", changes: [], why: "" }], {
    phases: ["detector", "segmentor", "finetune", "whole"],
    modes: ["groundTruthRoi", "withCrop", "withoutCrop"],
  });
  const phasesFor = (...modes: EvaluationMode[]) => narrowRequests([request], modes)[0].phases;
  assertEquals(phasesFor("groundTruthRoi"), ["segmentor"]);
  assertEquals(phasesFor("withCrop"), ["detector", "segmentor", "finetune"]);
  assertEquals(phasesFor("withoutCrop"), ["whole"]);
  assertEquals(phasesFor("withoutCrop", "groundTruthRoi"), ["segmentor", "whole"]);
  assertEquals(narrowRequests([request], []), [request]);
  const cropped = { ...request, modes: ["withCrop" as const] };
  assertEquals(narrowRequests([cropped, request], ["withoutCrop"]).length, 1);
  const none = (...requests: RunRequest[]) => () => narrowRequests(requests, ["withoutCrop"]);
  assertThrows(none(cropped), UserError, "its rows measure: withCrop, but it is withoutCrop");
  assertThrows(none({ ...request, modes: [] }), UserError, "measures the detector alone");
});

Deno.test("the plan of every experiment is legal", () => {
  for (const experiment of experiments) {
    const presets = experiment.presets;
    const requests = experiment.requests({ ...options, presets, changes: [] });
    const { runs } = planRuns(requests, () => manifestOnly());
    assertEquals(runs.length > 0, requests.length > 0, experiment.name);
  }
});

Deno.test("every ingredient of the ablation changes something, and no two are the same", () => {
  const configs = ablationVariants.map(({ preset, changes }) =>
    JSON.stringify({ ...makeConfig(preset, changes), preset: "" })
  );
  assertEquals(new Set(configs).size, ablationVariants.length);
  assertEquals(new Set(ablationVariants.map(({ name }) => name)).size, ablationVariants.length);
  assert(ablationVariants.every(({ why }) => why !== ""));
});

Deno.test("an ingredient that all runs go without is no row of the ablation", () => {
  const [ablation] = experiments.filter(({ name }) => name === "ablation");
  const labelsWith = (changes: string[]) =>
    ablation.requests({ ...options, presets: ["focus"], changes }).map(({ label }) => label);
  const [all, without] = [labelsWith([]), labelsWith(["segmentor.fineWidth=0"])];
  const left = new Set(all.filter((label) => !without.includes(label)));
  assertEquals([...left], ["no fine level"]);
});

Deno.test("organs unless named: those that have a target, or the paper's", () => {
  const labels = { liver: 1, right_kidney: 2, left_kidney: 3, spleen: 4, pancreas: 5 };
  assertEquals(defaultOrgans("targets", labels), [
    "liver",
    "spleen",
    "right kidney",
    "left kidney",
  ]);
  assertEquals(defaultOrgans("paper", labels), ["liver", "spleen"]);
  const hippocampus = { Anterior: 1, Posterior: 2 };
  assertEquals(defaultOrgans("targets", hippocampus), ["hippocampus=anterior,posterior"]);
  assertEquals(targetOf("hippocampus", hippocampus)?.dice, [0.88, 0.87]);
  assertEquals(targetOf("right_kidney", labels)?.detectorIou3d, 0.7);
  assertEquals(targetOf("pancreas", labels), undefined);
  assertThrows(() => defaultOrgans("paper", hippocampus), UserError, "--organ");
});
