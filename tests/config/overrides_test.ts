import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  configDifference,
  describeAgainstPaper,
  makeConfig,
  parseConfig,
} from "../../lib/config/overrides.ts";
import { presets } from "../../lib/config/presets.ts";
import { UserError } from "../../lib/errors.ts";

Deno.test("makeConfig() changes one value and nothing else", () => {
  const config = makeConfig("focus", ["phases.segmentor.epochs=7"]);
  assertEquals(configDifference(config, presets.focus), [
    { key: "phases.segmentor.epochs", ours: "7", theirs: "160" },
  ]);
});

Deno.test("makeConfig() parses each kind of value", () => {
  const config = makeConfig("focus", [
    "segmentor.edge=32",
    "segmentor.largestComponent=false",
    "segmentor.channels=8,12,20,32",
    "phases.whole.augmentation.flipAxes=x,z",
    "phases.whole.learningRate=1e-3",
  ]);
  assertEquals(config.segmentor.edge, 32);
  assertEquals(config.segmentor.largestComponent, false);
  assertEquals(config.segmentor.channels, [8, 12, 20, 32]);
  assertEquals(config.phases.whole.augmentation.flipAxes, ["x", "z"]);
  assertEquals(config.phases.whole.learningRate, 1e-3);
  const printed = makeConfig("focus", [
    "segmentor.channels=[8, 12, 20, 32]",
    "phases.whole.augmentation.flipAxes=[]",
  ]);
  assertEquals(printed.segmentor.channels, [8, 12, 20, 32]);
  assertEquals(printed.phases.whole.augmentation.flipAxes, []);
  assertEquals(makeConfig("tiny", ["segmentor.edge=auto"]).segmentor.edge, "auto");
});

Deno.test("makeConfig() takes a section from another preset", () => {
  const config = makeConfig("focus", [
    "phases.detector=paper",
    "detector=paper",
    "detector.marginVoxels=3",
  ]);
  assertEquals(config.detector, { ...presets.paper.detector, marginVoxels: 3 });
});

Deno.test("makeConfig() takes a file's name as it is, also where it looks like a number", () => {
  assertEquals(makeConfig("focus", ["modelWeights=123"]).modelWeights, "123");
  assertEquals(makeConfig("focus", ["segmentor.edge=32"]).segmentor.edge, 32);
});

Deno.test("makeConfig() leaves the presets alone", () => {
  const before = JSON.stringify(presets);
  makeConfig("paper", ["segmentor.channels=1,2,3,4", "phases.detector.epochs=1"]);
  assertEquals(JSON.stringify(presets), before);
});

Deno.test("makeConfig() says which rule a bad change breaks", () => {
  const cases: [string, string[], string][] = [
    ["huge", [], "one of paper, focus, tiny"],
    ["focus", ["epochs"], "key=value"],
    ["focus", ["phases.segmentor.epoch=3"], "no key phases.segmentor.epoch"],
    ["focus", ["phases.segmentor.epochs=many"], "its value is a number"],
    ["focus", ["phases.segmentor.epochs=0"], "a positive integer"],
    ["focus", ["segmentor.largestComponent=yes"], "true or false"],
    ["focus", ["segmentor.channels=1,2"], "a list of 4 numbers"],
    ["focus", ["segmentor.edge=big"], "auto or a number"],
    ["focus", ["segmentor=mine"], "taken from a preset"],
    ["focus", ["detector=paper"], "as --set detector=paper --set phases.detector=paper"],
    ["focus", ["preset=paper"], "no key preset"],
    ["focus", ["phases.segmentor.augmentation.flipAxes=xyz"], "a list of x, y, z"],
    ["focus", ["phases.segmentor.augmentation.scale=1.5"], "in [0, 1)"],
    ["focus", ["phases.segmentor.augmentation.noise=-1"], "0 or more"],
    ["focus", ["phases.segmentor.warmupEpochs=-1"], "an integer from 0"],
    ["focus", ["phases.segmentor.clipNorm=-1"], "0 or more"],
    ["focus", ["roiTraining.groundTruthShare=5"], "in [0, 1]"],
    ["focus", ["detector.marginRelative=-5"], "0 or more"],
    ["focus", ["detector.view.slabCount=0"], "a positive integer"],
    ["focus", ["detector.view.slabCount=2.5"], "a positive integer"],
    ["focus", ["detector.view.edge=0"], "an integer of at least 8"],
    ["focus", ["segmentor.paste=cubic"], "logits or nearest"],
    ["paper", ["detector.view.filter=canny"], "none or clahe or laplacian or sobel or gaussian"],
    ["focus", ["detector.network.kind=resnet"], "pyramid or silhouette"],
    ["focus", ["detector.network.kind=pyramid"], "as --set detector.network=paper"],
    ["paper", ["detector.network.kind=silhouette"], "it is silhouette without its own"],
    ["paper", ["detector.network.width=36", "detector.network.heads=4"], "multiple of 8 and of"],
    ["paper", ["detector.network.width=30", "detector.network.heads=2"], "multiple of 8 and of"],
    ["paper", ["detector.network.width=0"], "multiple of 8 and of"],
    ["paper", ["detector.network.heads=3"], "detector.network.heads, which is 3, but it is 256"],
    ["paper", ["detector.network.heads=0"], "a positive integer, but it is 0"],
    ["paper", ["detector.network.points=0"], "a positive integer, but it is 0"],
    ["paper", ["detector.network.feedForwardWidth=0"], "a positive integer, but it is 0"],
    ["paper", ["detector.network.stageCount=0"], "a positive integer, but it is 0"],
    ["paper", ["detector.network.stageCount=1.5"], "a positive integer, but it is 1.5"],
    ["paper", ["detector.network.maskDropRate=-3"], "in [0, 1], but it is -3"],
    ["paper", ["detector.network.maskDropRate=7"], "in [0, 1], but it is 7"],
    ["paper", ["roiTraining.fallbackShare=0.1"], "0 unless detector.fallback is usual"],
    [
      "focus",
      ["roiTraining.fallbackShare=0.2", "detector.fallback=none"],
      "0 unless detector.fallback is usual",
    ],
    ["paper", ["detector.fusion=hull"], "views unless the detector is of kind silhouette"],
    ["paper", ["detector.fusion=profiles"], "views unless the detector is of kind silhouette"],
    ["focus", ["model=unet"], "segmentor or segformer3d or mednext-s or swin-smt or slim-unetr"],
    ["focus", ["model=swin-smt", "roiTraining.edges=all"], "one for a model of one edge"],
  ];
  for (const [preset, overrides, message] of cases) {
    const error = assertThrows(() => makeConfig(preset, overrides), UserError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("a pyramid of other legal sizes is taken", () => {
  const sizes = ["width=24", "heads=3", "points=1", "feedForwardWidth=1", "maskDropRate=1"];
  const { network } = makeConfig("paper", sizes.map((size) => `detector.network.${size}`)).detector;
  assertEquals(network.kind === "pyramid" && [network.width, network.heads], [24, 3]);
});

Deno.test("a preset's share of fallback regions may stay where there is no fallback", () => {
  for (const changes of [["detector.fallback=none"], ["detector=paper", "phases.detector=paper"]]) {
    const config = makeConfig("focus", changes);
    assertEquals([config.detector.fallback, config.roiTraining.fallbackShare], ["none", 0.1]);
    assertEquals(parseConfig(JSON.stringify(config), "run"), config);
  }
  assertEquals(makeConfig("focus", ["roiTraining.fallbackShare=0.2"]).detector.fallback, "usual");
  const both = ["detector.fallback=usual", "roiTraining.fallbackShare=0.1"];
  assertEquals(makeConfig("paper", both).roiTraining.fallbackShare, 0.1);
});

Deno.test("parseConfig() reads back what was stored and names what is missing", () => {
  assertEquals(parseConfig(JSON.stringify(presets.paper), "run"), presets.paper);
  const { phases: _, ...rest } = presets.paper;
  const error = assertThrows(() => parseConfig(JSON.stringify(rest), "runs/a"), UserError);
  assertStringIncludes(error.message, "runs/a");
  assertStringIncludes(error.message, "phases");
});

Deno.test("parseConfig() names what only another version knows", () => {
  const { focus } = presets;
  const strange = [
    { ...focus, brandNew: 1 },
    { ...focus, segmentor: { ...focus.segmentor, newKey: 2 } },
    { ...focus, phases: { ...focus.phases, whole: { ...focus.phases.whole, zzz: 3 } } },
  ];
  const names = ["with brandNew", "with segmentor.newKey", "with phases.whole.zzz"];
  for (const [i, config] of strange.entries()) {
    assertThrows(() => parseConfig(JSON.stringify(config), "run"), UserError, names[i]);
  }
  const { marginVoxels: _, ...detector } = focus.detector;
  const lacking = JSON.stringify({ ...focus, detector });
  assertThrows(() => parseConfig(lacking, "run"), UserError, "without detector.marginVoxels");
});

Deno.test("parseConfig() gives a run without a filter of its views the filter none", () => {
  for (const preset of Object.values(presets)) {
    const { filter: _, ...view } = preset.detector.view;
    const older = { ...preset, detector: { ...preset.detector, view } };
    assertEquals(parseConfig(JSON.stringify(older), "run"), preset);
  }
  const newer = makeConfig("paper", ["detector.view.kind=mean", "detector.view.filter=clahe"]);
  assertEquals(parseConfig(JSON.stringify(newer), "run"), newer);
});

Deno.test("a detector of before the views agreed on a hull goes on fusing its boxes", () => {
  const { fusion: _, ...detector } = presets.focus.detector;
  const read = parseConfig(JSON.stringify({ ...presets.focus, detector }), "run");
  assertEquals(read, makeConfig("focus", ["detector.fusion=views"]));
});

Deno.test("a configuration of before there was a choice of model has the segmentor", () => {
  const { model: _, modelWeights: __, ...older } = presets.focus;
  const read = parseConfig(JSON.stringify(older), "run");
  assertEquals(read, presets.focus);
  assertEquals(JSON.stringify(read), JSON.stringify(presets.focus), "keys keep their order");
});

Deno.test("every value of a preset names its source in a comment", async () => {
  const text = await Deno.readTextFile(new URL("../../lib/config/presets.ts", import.meta.url));
  const values = text.split("\n").filter((line) => /^ {2,}\w+: [^{]*,/.test(line));
  const bare = values.filter((line) =>
    !/ \/\/ \S/.test(line) && !/^ {2,}\w+: \w+(Phase|Augmentation),$/.test(line)
  );
  assertEquals(values.length > 60, true);
  assertEquals(bare.filter((line) => !/preset: "/.test(line)), []);
});

Deno.test("describeAgainstPaper() lists what differs, for the phases that run", () => {
  assertEquals(describeAgainstPaper(presets.paper).length, 1);
  const config = makeConfig("paper", ["phases.whole.epochs=3", "segmentor.paste=logits"]);
  assertEquals(describeAgainstPaper(config, ["detector"]), [
    "preset paper: 1 values differ from the paper's",
    "  segmentor.paste = logits  (paper: nearest)",
  ]);
  assertEquals(describeAgainstPaper(config).length, 3);
});
