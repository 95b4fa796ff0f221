import { assert, assertEquals, assertRejects } from "@std/assert";
import { basename } from "node:path";
import { makeConfig } from "../../lib/config/overrides.ts";
import type { PreparedDataset } from "../../lib/dataset/case.ts";
import type { Subset } from "../../lib/dataset/dataset.ts";
import { boxPrior } from "../../lib/detector/box_prior.ts";
import { UserError } from "../../lib/errors.ts";
import { requireStart } from "../../lib/training/first_network.ts";
import { openRun } from "../../lib/training/run_folder.ts";
import { partsOf } from "../../lib/training/run_part.ts";
import { defaultFolder, readSplitWish, startRun } from "../../lib/training/start_run.ts";
import { defaultSettings } from "../../lib/dataset/prepare.ts";
import type { Organ } from "../../lib/dataset/organ.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const liver: Organ = { name: "liver", classes: [{ name: "liver", values: [6] }] };
/** 24 of 64, 20 of 100 and 10 of 20 voxels. */
const boxUnit: Box3 = { min: [0.25, 0.5, 0.5], max: [0.625, 0.7, 1] };

function prepared(subsets: readonly Subset[], withoutLiver = -1): PreparedDataset {
  const entries = subsets.map((subset, i) => ({
    id: `case ${i}`,
    subset,
    modality: i % 2 === 0 ? "ct" : "mr",
    shape: [64, 100, 20],
    scanShape: [64, 100, 20],
    source: { image: { sha256: `image ${i}` }, labels: { sha256: `labels ${i}` } },
    labels: i === withoutLiver ? {} : { 6: { voxels: 1, volumeMm3: 1, boxUnit, pieces: 1 } },
  }));
  const settings = { ...defaultSettings, cubeEdge: 32 };
  return {
    dir: "/prepared/Abdomen",
    name: "Abdomen",
    isPhantom: true,
    settings,
    entries,
  } as unknown as PreparedDataset;
}

const ten = Array<Subset>(10).fill("training");

Deno.test("a new run records what its result depends on", async () => {
  await inTemporaryFolder(async (dir) => {
    const config = makeConfig("tiny", ["segmentor.edge=auto", "seed=3"]);
    const source = prepared(ten, 4);
    const folder = `${dir}/run`;
    const run = await startRun({ prepared: source, organ: liver, config, fold: "2/5", folder });
    const { split, ...record } = run.record;
    assertEquals(record.config, config);
    assertEquals([record.organ, record.settings], [liver, source.settings]);
    assertEquals([record.datasetName, record.preparedFolder], ["Abdomen (phantom)", source.dir]);
    assertEquals([...record.modalities].sort(), ["ct", "mr"]);
    assertEquals(record.splitRule, "fold 2/5, seed 3");
    // 24 voxels, on each side 12 % of them and a voxel of the cube, which is 2: 33.76.
    assertEquals(record.roiEdge, 64);
    assertEquals(record.detectorLabels, [6]);
    assertEquals(record.usualBoxes, boxPrior([boxUnit]));
    const plain = makeConfig("tiny", ["detector.targets=organ", "detector.fallback=none"]);
    const other = await startRun({
      prepared: source,
      organ: liver,
      config: plain,
      folder: `${dir}/plain`,
    });
    assertEquals([other.record.detectorLabels, other.record.usualBoxes], [undefined, undefined]);
    assertEquals(other.record.imageVolume, undefined);
    const entries = source.entries.map((entry) => ({ ...entry, imageVolume: 2, imageChannel: 1 }));
    const ofThird = { prepared: { ...source, entries }, organ: liver, config: plain };
    const { record: third } = await startRun({ ...ofThird, folder: `${dir}/2` });
    assertEquals([third.imageVolume, third.imageChannel], [2, 1]);
    const all = [...split.training, ...split.validation, ...split.test, ...split.dropped];
    assertEquals(all.sort(), source.entries.map(({ id }) => id).sort());
    assertEquals(split.dropped, ["case 4"]);
    assertEquals(await openRun(folder), run);
    await assertRejects(
      () => startRun({ prepared: source, organ: liver, config, folder }),
      UserError,
      "must be new",
    );
  });
});

Deno.test("without a fold, validation cases of the data set's own ask for the paper's split", async () => {
  await inTemporaryFolder(async (dir) => {
    const config = makeConfig("tiny");
    const subsets: Subset[] = ["training", "training", "validation", "validation", "validation"];
    const own = prepared(subsets);
    const paper = await startRun({ prepared: own, organ: liver, config, folder: `${dir}/a` });
    assertEquals(paper.record.split, {
      training: ["case 0", "case 1"],
      validation: ["case 2", "case 4"],
      test: ["case 3"],
      dropped: [],
    });
    assert(paper.record.splitRule.includes("4.1"));
    const plain = { prepared: prepared(ten), organ: liver, config, folder: `${dir}/b` };
    const { record: { split } } = await startRun(plain);
    assertEquals([split.test.length, split.validation.length, split.training.length], [2, 2, 6]);
  });
});

Deno.test("the data set's own test cases, no test cases, and another program's folds", async () => {
  await inTemporaryFolder(async (dir) => {
    const config = makeConfig("tiny");
    const splitOf = async (name: string, given: { fold?: string; splitFile?: string }) => {
      const source = prepared([...ten, "test", "test"]);
      const folder = `${dir}/${name}`;
      const { record } = await startRun({
        prepared: source,
        organ: liver,
        config,
        folder,
        ...given,
      });
      return record;
    };
    const own = await splitOf("own", {});
    assertEquals(own.split.test, ["case 10", "case 11"]);
    assertEquals([own.split.validation.length, own.split.training.length], [2, 8]);
    assert(own.splitRule.includes("own test cases"), own.splitRule);

    const config10 = { prepared: prepared(ten), organ: liver, config, folder: `${dir}/all` };
    const { record: all } = await startRun({ ...config10, fold: "all" });
    assertEquals([all.split.test, all.split.training.length, all.splitRule], [
      [],
      8,
      "fold all, seed 0",
    ]);

    const splitFile = `${dir}/splits_final.json`;
    const folds = [0, 1].map((k) => ({
      train: ["case 2", "case 3", "case 4"],
      val: [`case ${k}`],
    }));
    await Deno.writeTextFile(splitFile, JSON.stringify(folds));
    const listed = await splitOf("listed", { fold: "2/2", splitFile });
    assertEquals([listed.split.test, listed.split.training.length], [["case 1"], 2]);
    assertEquals(listed.splitRule, "fold 2/2 of splits_final.json, seed 0");
    await assertRejects(() => splitOf("none", { splitFile }), UserError, "Add --fold 1/5");
  });
});

Deno.test("a peer's cube is the region's, raised to the next that it takes", async () => {
  await inTemporaryFolder(async (dir) => {
    const cubes = { "segformer3d": 48, "mednext-s": 48, "swin-smt": 64, "slim-unetr": 64 };
    for (const [model, roiEdge] of Object.entries(cubes)) {
      const config = makeConfig("tiny", [`model=${model}`, "segmentor.edge=48"]);
      const folder = `${dir}/${model}`;
      const { record } = await startRun({ prepared: prepared(ten), organ: liver, config, folder });
      assertEquals(record.roiEdge, roiEdge, model);
      assertEquals(
        record.roiEdgeNote?.includes("48 that the region asks for"),
        roiEdge === 48 ? undefined : true,
      );
      assertEquals(await openRun(folder), { folder, record });
    }
  });
});

/** A small detector of the paper's kind, whose backbone starts from a file. */
function withBackbone(file: string): ReturnType<typeof makeConfig> {
  const network = ["backbone=small", "width=16", "heads=2", `backboneWeights=${file}`];
  const changes = network.map((change) => `detector.network.${change}`);
  return makeConfig("tiny", ["detector=paper", "phases.detector=paper", ...changes]);
}

Deno.test("nothing is written for a run that cannot be trained", async () => {
  await inTemporaryFolder(async (dir) => {
    const folder = `${dir}/run`;
    const start = (config: ReturnType<typeof makeConfig>, fold?: string) =>
      startRun({ prepared: prepared(ten), organ: liver, config, fold, folder });
    await assertRejects(
      () => start(makeConfig("tiny", ["segmentor.edge=40"])),
      UserError,
      "16, 32, 64, but it is 40",
    );
    await assertRejects(() => start(makeConfig("tiny"), "1/50"), UserError, "50 folds");
    await assertRejects(() => start(makeConfig("tiny"), "6/5"), UserError);
    await Deno.writeTextFile(`${dir}/garbage.safetensors`, "garbage");
    const garbage = makeConfig("tiny", [`modelWeights=${dir}/garbage.safetensors`]);
    const early = (phase: "whole" | "finetune", config = makeConfig("tiny")) =>
      startRun({ prepared: prepared(ten), organ: liver, config, folder, phases: [phase] });
    await assertRejects(() => early("whole", garbage), UserError, "garbage.safetensors");
    await assertRejects(() => early("finetune"), UserError, "phase detector must have finished");
    const detectorOf = (file: string) =>
      startRun({
        prepared: prepared(ten),
        organ: liver,
        config: withBackbone(`${dir}/${file}`),
        folder,
        phases: ["detector"],
      });
    await assertRejects(
      () => detectorOf("none.safetensors"),
      UserError,
      "backboneWeights must name",
    );
    await assertRejects(() => detectorOf("garbage.safetensors"), UserError, "garbage.safetensors");
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
  });
});

Deno.test("a detector that goes on needs its backbone's file no more", async () => {
  await inTemporaryFolder(async (dir) => {
    const file = `${dir}/backbone.safetensors`;
    await Deno.writeTextFile(file, "");
    const run = await startRun({
      prepared: prepared(ten),
      organ: liver,
      config: withBackbone(file),
      folder: `${dir}/run`,
    });
    await Deno.remove(file);
    await assertRejects(() => requireStart(run, ["detector"]), UserError, file);
    for (const { folder } of partsOf(run, "detector")) {
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(`${folder}/checkpoint.safetensors`, "");
    }
    await requireStart(run, ["detector"]);
  });
});

Deno.test("a fold or a file of folds that cannot be is refused before there are cases", async () => {
  const refused = (fold: string | undefined, splitFile: string | undefined, text: string) =>
    assertRejects(() => readSplitWish({ fold, splitFile }), UserError, text);
  await refused("6/5", undefined, "k/n");
  await refused(undefined, "none.json", "Add --fold 1/5");
  await refused("all", "none.json", "it is all");
  await refused("1/5", "none.json", "the file must exist");
  assertEquals(await readSplitWish({ fold: "all" }), {});
  assertEquals(await readSplitWish({ fold: "2/3" }), { fold: { number: 2, count: 3 } });
});

Deno.test("the folder's name says data set, organ, preset and fold, and is one folder", () => {
  const config = makeConfig("tiny");
  const prostate: Organ = { name: "prostate/uterus", classes: [] };
  const name = basename(defaultFolder("MSD Task 4", prostate, config, { fold: "2/5" }));
  assertEquals(name, "MSD_Task_4-prostate_uterus-tiny-fold2of5");
  assertEquals(basename(defaultFolder("a", liver, config, {})), "a-liver-tiny");
  const listed = defaultFolder("a", liver, config, {
    fold: "1/5",
    splitFile: "x/splits_final.json",
  });
  assertEquals(basename(listed), "a-liver-tiny-fold1of5-splits_final");
  const peer = makeConfig("tiny", ["model=segformer3d"]);
  assertEquals(
    basename(defaultFolder("a", liver, peer, { fold: "1/5" })),
    "a-liver-tiny-segformer3d-fold1of5",
  );
});
