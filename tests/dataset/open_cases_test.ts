import { basename } from "node:path";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openCases } from "../../lib/dataset/open_cases.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { prepareDataset } from "../../lib/dataset/prepare.ts";
import type { PrepareSettings } from "../../lib/dataset/manifest.ts";
import { UserError } from "../../lib/errors.ts";
import { preparedFolder } from "../../lib/paths.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import { boxLabels, image, writePair } from "./volumes.ts";

Deno.test("openCases() needs the modality of a plain pair, and keeps to that of a prepared folder", () =>
  inTemporaryFolder(async (dir) => {
    const [data, out, cubeEdge] = [`${dir}/pair`, `${dir}/prepared`, 16];
    await writePair(data, "one", image(), boxLabels(6, [1, 1, 1], [5, 4, 3]));
    await assertRejects(() => openCases({ data, cubeEdge }), UserError, "--modality mr");
    await writePair(`${dir}/unlabelled`, "one", image(), null);
    const told = () => openCases({ data: `${dir}/unlabelled`, modality: "mr", cubeEdge });
    await assertRejects(told, UserError, "must have labels", "which comes after the modality");
    const settings = { cubeEdge };
    await prepareDataset(await openDataset(data, { modality: "mr" }), out, { settings, jobs: 1 });
    for (const modality of [undefined, "mr"] as const) {
      const { entries } = await openCases({ data: out, modality, cubeEdge });
      assertEquals(entries.map((entry) => entry.modality), ["mr"]);
    }
    const seen: unknown[] = [];
    const refused = () =>
      openCases({
        data,
        modality: "mr",
        cubeEdge,
        onLabels: (labels) => {
          seen.push(labels);
          throw new UserError({ what: "no", rule: "such organ", remedy: "Look" });
        },
        onPrepare: (progress) => void seen.push(progress),
      });
    await assertRejects(refused, UserError, "such organ", "before any case is prepared");
    assertEquals(seen.length, 1);
    const asCt = () => openCases({ data: out, modality: "ct", cubeEdge });
    await assertRejects(asCt, UserError, "must be ct, which --modality says, but it is mr of one");
  }));

Deno.test("openCases() uses what was prepared in another way under its own name only, and if complete", () =>
  inTemporaryFolder(async (dir) => {
    const data = `${dir}/${crypto.randomUUID()}`;
    for (const id of ["one", "two"]) {
      await writePair(data, id, image(), boxLabels(6, [1, 1, 1], [5, 4, 3]));
    }
    const cubeEdge = 16;
    const usual = `${preparedFolder}/${basename(data)}-cube16`;
    try {
      const ctWindow = { low: -1000, high: 240 };
      const prepare = async (settings: Partial<PrepareSettings>) =>
        await prepareDataset(await openDataset(data, { modality: "ct" }), usual, {
          settings: { cubeEdge, ...settings },
          jobs: 1,
        });
      await prepare({ ctWindow });
      const { message } = await assertRejects(
        () => openCases({ data, modality: "ct", cubeEdge }),
        UserError,
        '{"low":-1000,"high":240} in place of {"low":-160,"high":240}',
      );
      assertStringIncludes(message, `--data ${usual}`);
      const { settings } = await openCases({ data: usual, modality: "ct", cubeEdge });
      assertEquals(settings.ctWindow, ctWindow);
      await prepare({ cubeEdge: 32 });
      const ofOtherEdge = await assertRejects(
        () => openCases({ data, modality: "ct", cubeEdge }),
        UserError,
        "cubeEdge 32 in place of 16",
      );
      assert(!ofOtherEdge.message.includes("--data"), "there it would be refused again");
      await prepare({});
      const asMr = () => openCases({ data, modality: "mr", cubeEdge });
      await assertRejects(asMr, UserError, "ct in place of mr");
      await Deno.mkdir(`${dir}/link`);
      await Deno.symlink(data, `${dir}/link/${basename(data)}`);
      const byLink = () =>
        openCases({ data: `${dir}/link/${basename(data)}`, modality: "mr", cubeEdge });
      await assertRejects(byLink, UserError, "ct in place of mr");
      await Deno.writeTextFile(`${data}/manifest.json`, '{"files": 2}'); // another program's
      assertEquals((await openCases({ data, modality: "ct", cubeEdge })).entries.length, 2);
      await Deno.writeTextFile(`${data}/labels/two.nii.gz`, "damaged");
      assertEquals((await prepare({})).failures.length, 1);
      const incomplete = () => openCases({ data: usual, modality: "ct", cubeEdge });
      await assertRejects(incomplete, UserError, "without 1 cases, as two");
    } finally {
      await Deno.remove(usual, { recursive: true }).catch(() => {});
    }
  }));

Deno.test("openCases() does not take another channel of nnU-Net's files for the one that was prepared", () =>
  inTemporaryFolder(async (dir) => {
    const [data, cubeEdge] = [`${dir}/${crypto.randomUUID()}`, 16];
    const first = image();
    const second = image({ data: first.data.map((value) => 400 - value) });
    for (const [channel, volume] of [first, second].entries()) {
      await writeVolume(`${data}/imagesTr/a_000${channel}.nii.gz`, volume, { type: "float32" });
    }
    await writeLabels(`${data}/labelsTr/a.nii.gz`, boxLabels(6, [1, 1, 1], [5, 4, 3]));
    const description = {
      channel_names: { "0": "T2", "1": "ADC" },
      labels: { background: 0, prostate: 6 },
      numTraining: 1,
      file_ending: ".nii.gz",
    };
    await Deno.writeTextFile(`${data}/dataset.json`, JSON.stringify(description));
    const usual = `${preparedFolder}/${basename(data)}-cube16`;
    try {
      const settings = { cubeEdge };
      await prepareDataset(await openDataset(data, { channel: 1 }), usual, { settings, jobs: 1 });
      const { message } = await assertRejects(
        () => openCases({ data, cubeEdge }),
        UserError,
        "channel 1 in place of 0",
      );
      assertStringIncludes(message, `--data ${usual}`);
      const { entries } = await openCases({ data: usual, cubeEdge });
      assertEquals(entries.map(({ imageChannel }) => imageChannel), [1]);
    } finally {
      await Deno.remove(usual, { recursive: true }).catch(() => {});
    }
  }));
