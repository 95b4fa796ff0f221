import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { makeConfig } from "../../lib/config/overrides.ts";
import { defaultSettings } from "../../lib/dataset/prepare.ts";
import { UserError } from "../../lib/errors.ts";
import { runsFolder } from "../../lib/paths.ts";
import {
  createRun,
  modelFile,
  openRun,
  phaseFolder,
  runFolder,
  type RunRecord,
} from "../../lib/training/run_folder.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const record: RunRecord = {
  formatVersion: 1,
  createdAt: "2025-01-02T03:04:05.000Z",
  config: makeConfig("tiny", ["segmentor.edge=32", "seed=7"]),
  organ: { name: "kidneys", classes: [{ name: "kidneys", values: [2, 3] }] },
  datasetName: "Abdomen",
  preparedFolder: "/data/prepared/Abdomen",
  settings: defaultSettings,
  modalities: ["ct", "mr"],
  split: { training: ["b", "a"], validation: [], test: ["c"], dropped: ["d"] },
  splitRule: "fold 1/5, seed 7",
  roiEdge: 32,
  environment: { device: "cpu" },
};

Deno.test("a run that is opened is the run that was made", async () => {
  await inTemporaryFolder(async (dir) => {
    const folder = join(dir, "new", "run");
    const made = await createRun(folder, record);
    assertEquals(made, { folder, record });
    assertEquals(await openRun(folder), made);
  });
});

Deno.test("a folder that holds a run is never overwritten", async () => {
  await inTemporaryFolder(async (dir) => {
    await createRun(dir, record);
    const before = await Deno.readTextFile(`${dir}/run.json`);
    const error = await assertRejects(
      () => createRun(dir, { ...record, roiEdge: 64 }),
      UserError,
      "a run's folder must be new",
    );
    assertStringIncludes(error.message, "--resume");
    assertEquals(await Deno.readTextFile(`${dir}/run.json`), before);
  });
});

Deno.test("a folder without a run, or with a damaged one, says so", async () => {
  await inTemporaryFolder(async (dir) => {
    await assertRejects(() => openRun(join(dir, "nothing")), UserError, "it is neither");
    await assertRejects(() => openRun(dir), UserError, "a folder without one");
    await Deno.writeTextFile(`${dir}/run.json`, JSON.stringify(record).slice(0, 100));
    await assertRejects(() => openRun(dir), UserError, "damaged");
    for (const text of ["null", "[]", "5"]) {
      await Deno.writeTextFile(`${dir}/run.json`, text);
      await assertRejects(() => openRun(dir), UserError, "damaged");
    }
    await Deno.writeTextFile(`${dir}/run.json`, '{"formatVersion": 1}');
    await assertRejects(() => openRun(dir), UserError, 'without "config"');
  });
});

Deno.test("a run is found by its name in data/runs, unless a path is given", async () => {
  const name = `test-${crypto.randomUUID()}`;
  const folder = join(runsFolder, name);
  try {
    await createRun(folder, record);
    assertEquals((await openRun(name)).folder, folder);
    assertEquals(await runFolder(name), folder);
    assertEquals(await runFolder(`./${name}`), `./${name}`);
    await assertRejects(() => openRun(`./${name}`), UserError, "cannot open the run");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a run of another version, or of other configuration keys, is refused", async () => {
  await inTemporaryFolder(async (dir) => {
    const write = (value: unknown) => Deno.writeTextFile(`${dir}/run.json`, JSON.stringify(value));
    await write({ ...record, formatVersion: 2 });
    await assertRejects(() => openRun(dir), UserError, "format version must be 1, but it is 2");
    const { kernel: _, ...segmentor } = record.config.segmentor;
    await write({ ...record, config: { ...record.config, segmentor } });
    await assertRejects(() => openRun(dir), UserError, "kernel");
  });
});

Deno.test("each phase and view has a folder of its own", () => {
  const run = { folder: "/runs/x", record };
  const files = [
    modelFile(run, "detector", "xy"),
    modelFile(run, "detector", "yz"),
    ...(["segmentor", "finetune", "whole"] as const).map((phase) => modelFile(run, phase)),
  ];
  assertEquals(new Set(files).size, files.length);
  assertEquals(phaseFolder(run, "detector", "xz"), join("/runs/x", "detector", "xz"));
  assertEquals(modelFile(run, "whole"), join("/runs/x", "whole", "model.safetensors"));
});
