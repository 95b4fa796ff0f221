import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Modality } from "../../lib/dataset/dataset.ts";
import { makePhantom } from "../../lib/dataset/phantom.ts";
import { UserError } from "../../lib/errors.ts";
import {
  finishResults,
  hasResults,
  listInputs,
  ofTrainedChannel,
  type PredictOptions,
  Predictor,
  refuseInputFolder,
} from "../../lib/evaluation/predict_files.ts";
import * as tf from "../../lib/tf.ts";
import type { Run, RunRecord } from "../../lib/training/run_folder.ts";
import { applyAffine, composeAffines } from "../../lib/volume/affine.ts";
import { largestPieces } from "../../lib/volume/components.ts";
import { readLabels } from "../../lib/volume/nifti_read.ts";
import { writeVolume } from "../../lib/volume/nifti_write.ts";
import { fromRas, orientationLetters, orientationOf, toRas } from "../../lib/volume/orientation.ts";
import {
  type LabelVolume,
  maskOfLabels,
  spacingMm,
  type Triple,
  type Volume,
} from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared, tinyRun } from "../training/tiny_run.ts";

const set = [
  "phases.detector.epochs=8",
  "phases.detector.learningRate=0.01",
  "segmentor.passes=2", // a third would find something everywhere after so short a training
];
const shape: Triple = [48, 40, 24];
const { image: scan } = makePhantom("test", 0, { shape });

/** The same scan stored with other axes: file axis i follows patient axis `axes[i]`. */
function storedAs(axes: Triple, flips: readonly [boolean, boolean, boolean]): Volume {
  const toRasIndex = Array<number>(16).fill(0);
  axes.forEach((axis, i) => {
    toRasIndex[4 * axis + i] = flips[i] ? -1 : 1;
    if (flips[i]) toRasIndex[4 * axis + 3] = shape[axis] - 1;
  });
  toRasIndex[15] = 1;
  const affine = composeAffines(scan.affine, toRasIndex);
  const fileShape: Triple = [shape[axes[0]], shape[axes[1]], shape[axes[2]]];
  return fromRas(scan, { axes, flips, grid: { shape: fileShape, affine } });
}

/** Name of a file, and the scan as it holds it. */
const copies: Record<string, Volume> = {
  RAS: scan,
  LPS: storedAs([0, 1, 2], [true, true, false]),
  PIR: storedAs([1, 2, 0], [true, true, false]),
};

async function read(path: string): Promise<LabelVolume> {
  return (await readLabels(path)).labels;
}

async function headerOf(path: string): Promise<Uint8Array> {
  const bytes = await Deno.readFile(path);
  return (path.endsWith(".gz") ? new Uint8Array(gunzipSync(bytes)) : bytes).subarray(0, 348);
}

/** What places the voxels: shape, pixdim, units, codes, quaternion, offsets and rows. */
function geometryOf(header: Uint8Array): Record<string, string> {
  const parts = { shape: [42, 48], pixdim: [76, 92], units: [123, 124], forms: [252, 328] };
  return Object.fromEntries(
    Object.entries(parts).map(([name, [from, to]]) => [name, header.slice(from, to).toHex()]),
  );
}

async function filesIn(dir: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();
}

async function withPredictor<Result>(
  run: Run,
  options: PredictOptions,
  use: (predictor: Predictor) => Promise<Result>,
): Promise<Result> {
  const predictor = await Predictor.load(run, options);
  try {
    return await use(predictor);
  } finally {
    predictor.dispose();
  }
}

Deno.test("scans are segmented by a trained run", async (t) => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const run = await tinyRun(prepared, `${dir}/run`, {
      phases: ["detector", "segmentor", "whole"],
      organ: "both=liver,right kidney",
      set,
    });
    for (const [name, volume] of Object.entries(copies)) {
      await writeVolume(`${dir}/in/${name}.nii`, volume, { type: "int16" });
    }
    const before = tf.memory().numTensors;
    const predict = (input: string, folder: string, options: Partial<PredictOptions> = {}) =>
      withPredictor(
        run,
        { mode: "withCrop", ...options },
        (one) => one.predict(`${dir}/in/${input}`, `${dir}/${folder}`),
      );

    await t.step("the mask does not depend on how the file's axes lie", async () => {
      const masks: LabelVolume[] = [];
      for (const [name, { shape, affine }] of Object.entries(copies)) {
        const { maskPath } = await predict(`${name}.nii`, "out");
        const mask = await read(maskPath);
        assertEquals(orientationLetters(orientationOf(mask)), name);
        assertEquals(mask.shape, shape);
        affine.forEach((value, i) => assertAlmostEquals(mask.affine[i], value, 1e-3));
        masks.push(toRas(mask).volume);
      }
      for (const { data } of masks.slice(1)) assertEquals(data, masks[0].data);
      assertEquals([...new Set(masks[0].data)].sort(), [0, 2, 6]);
      const mirrored = storedAs([0, 1, 2], [true, false, false]);
      assert(mirrored.data.some((value, i) => value !== scan.data[i]), "the scan has a side");
      assertEquals(tf.memory().numTensors, before);
    });

    await t.step("mask, picture and report agree", async () => {
      const names = Object.keys(copies).flatMap((n) =>
        [".json", ".nii.gz", ".png"].map((e) => n + e)
      );
      assertEquals(await filesIn(`${dir}/out`), names.sort());
      assertEquals((await Deno.readFile(`${dir}/out/PIR.png`)).subarray(1, 4).toHex(), "504e47");
      const report = JSON.parse(await Deno.readTextFile(`${dir}/out/PIR.json`));
      const [organ] = report.organs;
      assertEquals([report.input, organ.run], [`${dir}/in/PIR.nii`, run.folder]);
      assertEquals([organ.phase, report.modality], ["segmentor", "ct"]);
      assertEquals(report.labelValues, { liver: 6, "right kidney": 2 });
      assertEquals([organ.segmentorEdge, organ.firstStage], [16, 3]);
      assert(Array.isArray(report.warnings));
      assertEquals(Object.keys(organ.viewConfidences), ["xy", "yz", "xz"]);
      const mask = await read(`${dir}/out/PIR.nii.gz`);
      const [x, y, z] = spacingMm(mask);
      for (const [name, value] of Object.entries<number>(report.labelValues)) {
        const voxels = mask.data.filter((one) => one === value).length;
        assertAlmostEquals(report.volumesMm3[name] / (voxels * x * y * z), 1, 1e-6);
      }
    });

    await t.step("the reported region holds the mask, in millimetres of the patient", async () => {
      const { organs: [{ roi }] } = JSON.parse(await Deno.readTextFile(`${dir}/out/LPS.json`));
      assert(roi.rasVoxels.max[0] - roi.rasVoxels.min[0] < shape[0], "a region, not the whole");
      const mask = await read(`${dir}/out/LPS.nii.gz`);
      const { min, max } = roi.rasCornersMm;
      mask.data.forEach((value, i) => {
        if (value === 0) return;
        const [x, y, z] = [i % 48, Math.floor(i / 48) % 40, Math.floor(i / (48 * 40))];
        applyAffine(mask.affine, [x, y, z]).forEach((mm, axis) => {
          assert(mm > min[axis] && mm < max[axis], `voxel ${x} ${y} ${z} lies outside`);
        });
      });
      const spacing = spacingMm(scan);
      for (const axis of [0, 1, 2]) {
        const edge = (roi.unit.max[axis] - roi.unit.min[axis]) * shape[axis] * spacing[axis];
        assertAlmostEquals(max[axis] - min[axis], edge, 1e-3);
        const outerFace = scan.affine[4 * axis + 3] - spacing[axis] / 2;
        const start = outerFace + roi.unit.min[axis] * shape[axis] * spacing[axis];
        assertAlmostEquals(min[axis], start, 1e-3);
      }
    });

    await t.step("the mask's header places it as the file's does, bit by bit", async () => {
      const bytes = await Deno.readFile(`${dir}/in/PIR.nii`);
      const view = new DataView(bytes.buffer);
      view.setFloat32(112, 0.5, true); // slope and intercept, which a mask must not take over
      view.setFloat32(116, -7, true);
      view.setInt16(252, 1, true); // a qform that differs from the sform
      view.setInt16(254, 4, true);
      view.setFloat32(268, view.getFloat32(268, true) + 0.3, true);
      view.setFloat32(280, view.getFloat32(280, true) * (1 + 1e-6), true);
      await Deno.writeFile(`${dir}/in/forms.nii`, bytes);
      view.setInt16(254, 0, true); // the qform alone
      view.setFloat32(268, view.getFloat32(268, true) + 11, true);
      await Deno.writeFile(`${dir}/in/qform.nii`, bytes);
      for (const name of ["RAS", "LPS", "PIR", "forms", "qform"]) {
        const { maskPath } = await predict(`${name}.nii`, "headers");
        const [input, mask] = await Promise.all([
          headerOf(`${dir}/in/${name}.nii`),
          headerOf(maskPath),
        ]);
        assertEquals(geometryOf(mask), geometryOf(input));
        assertEquals(new Set((await read(maskPath)).data), new Set([0, 2, 6]));
      }
    });

    await t.step("one volume of a file of several can be chosen", async () => {
      const plain = await Deno.readFile(`${dir}/in/LPS.nii`);
      const voxels = plain.subarray(352);
      const series = new Uint8Array(plain.length + voxels.length);
      series.set(plain.subarray(0, 352));
      series.set(voxels.map((_, i) => i % 251), 352); // something else
      series.set(voxels, plain.length);
      const view = new DataView(series.buffer);
      view.setInt16(40, 4, true);
      view.setInt16(48, 2, true);
      await Deno.writeFile(`${dir}/in/series.nii`, series);
      const { maskPath } = await predict("series.nii", "series", { channel: 1 });
      assertEquals((await read(maskPath)).data, (await read(`${dir}/out/LPS.nii.gz`)).data);
      await assertRejects(() => predict("series.nii", "none"), UserError);
      await assertRejects(() => predict("series.nii", "none", { channel: 2 }), UserError);
      assertEquals((await headerOf(maskPath)).slice(40, 50).toHex(), "0300300028001800" + "0100");
      const ofSecond = { ...run, record: { ...run.record, imageVolume: 1 } };
      await withPredictor(ofSecond, { mode: "withCrop" }, async (one) => {
        for (const name of ["series", "LPS"]) { // of several volumes, and of one
          const { maskPath } = await one.predict(`${dir}/in/${name}.nii`, `${dir}/usual`);
          assertEquals((await read(maskPath)).data, (await read(`${dir}/out/LPS.nii.gz`)).data);
        }
      });
      const mixed = () => Predictor.load([ofSecond, run], { mode: "withCrop" });
      await assertRejects(mixed, UserError, "the same folder twice");
      const other = { ...run, folder: `${dir}/in` };
      const channels = () => Predictor.load([ofSecond, other], { mode: "withCrop" });
      await assertRejects(channels, UserError, "trained on 1 and the only one");
    });

    await t.step(
      "a scan with too many voxels for memory is segmented on its own grid",
      async () => {
        const { record } = run;
        const settings = { ...record.settings, scanMaxEdge: 20 };
        const limited = { ...run, record: { ...record, settings } };
        const { maskPath } = await withPredictor(
          limited,
          { mode: "withCrop" },
          (one) => one.predict(`${dir}/in/RAS.nii`, `${dir}/limited`),
        );
        const [mask, full] = [await read(maskPath), await read(`${dir}/out/RAS.nii.gz`)];
        assertEquals(mask.shape, shape);
        assert(mask.data.some((value, i) => value !== full.data[i]), "the limit changes nothing");
        assertEquals(
          geometryOf(await headerOf(maskPath)),
          geometryOf(await headerOf(`${dir}/in/RAS.nii`)),
        );
      },
    );

    await t.step("without the crop the other network sees the whole volume", async () => {
      const { maskPath } = await predict("LPS.nii", "whole", { mode: "withoutCrop" });
      const { organs: [organ] } = JSON.parse(await Deno.readTextFile(`${dir}/whole/LPS.json`));
      assertEquals([organ.phase, organ.segmentorEdge, organ.firstStage], ["whole", 32, 1]);
      assertEquals([organ.viewConfidences, organ.roi.rasVoxels.max], [null, [...shape]]);
      assert((await read(maskPath)).data.some(Boolean));
    });

    await t.step("runs of several organs fill one mask", async () => {
      const other = await tinyRun(prepared, `${dir}/other`, {
        phases: ["whole"],
        organ: "spleen",
        set,
      });
      const options = { mode: "withoutCrop", largestComponent: false } as const;
      const predictor = await Predictor.load([other, run], options);
      const { maskPath, volumesMm3 } = await predictor.predict(`${dir}/in/LPS.nii`, `${dir}/both`);
      predictor.dispose();
      const alone = await Promise.all([
        withPredictor(other, options, (one) => one.predict(`${dir}/in/LPS.nii`, `${dir}/alone1`)),
        withPredictor(run, options, (one) => one.predict(`${dir}/in/LPS.nii`, `${dir}/alone2`)),
      ]);
      const [first, second] = await Promise.all(alone.map((one) => read(one.maskPath)));
      const { data } = await read(maskPath);
      data.forEach((label, i) => {
        const claims = [first.data[i], second.data[i]].filter((claim) => claim > 0);
        assert(claims.length === 0 ? label === 0 : claims.includes(label));
      });
      const contested = first.data.filter((label, i) => label > 0 && second.data[i] > 0).length;
      const report = JSON.parse(await Deno.readTextFile(`${dir}/both/LPS.json`));
      const voxelMm3 = spacingMm(scan).reduce((product, mm) => product * mm);
      assertAlmostEquals(report.contestedMm3 / (contested * voxelMm3), 1, 1e-6);
      assertEquals(report.organs.map((one: { name: string }) => one.name), ["spleen", "both"]);
      assertEquals(Object.keys(volumesMm3), ["spleen", "liver", "right kidney"]);
      assert(contested > 0 && volumesMm3.spleen <= alone[0].volumesMm3.spleen);
      const load = (...runs: Run[]) => Predictor.load(runs, options);
      await assertRejects(() => load(run, other, run), UserError, "the same folder twice");
      const organ = { name: "liver", classes: [{ name: "liver", values: [6] }] };
      const namesake = {
        ...run,
        folder: other.folder,
        record: {
          ...run.record,
          organ: {
            name: "both",
            classes: [{ name: "spleen", values: [1] }, { name: "left kidney", values: [3] }],
          },
        },
      };
      await assertRejects(() => load(run, namesake), UserError, "both of 6, 2 and of 1, 3");
      const overlapping = { ...other, record: { ...other.record, organ } };
      await assertRejects(() => load(run, overlapping), UserError, "liver (6) and liver (6)");
      const union = {
        ...other,
        record: {
          ...other.record,
          organ: { name: "trunk", classes: [{ name: "trunk", values: [9, 6] }] },
        },
      };
      await assertRejects(() => load(run, union), UserError, "liver (6) and trunk (9+6)");
      const settings = { ...other.record.settings, cubeEdge: 48 };
      const otherwise = { ...other, record: { ...other.record, settings } };
      await assertRejects(() => load(run, otherwise), UserError, "cubeEdge");
      const ofMr = { ...other, record: { ...other.record, modalities: ["mr" as const] } };
      await assertRejects(() => load(run, ofMr), UserError, "--modality ct or --modality mr");
      for (const runs of [[run, ofMr], run]) {
        const asMr = () => Predictor.load(runs, { ...options, modality: "mr" });
        await assertRejects(asMr, UserError, "trained on mr, but it is ct");
      }
      const cropped = () => Predictor.load(other, { mode: "withCrop" });
      await assertRejects(cropped, UserError, "Add --without-crop");
      assertEquals(tf.memory().numTensors, before);
    });

    await t.step("runs of the same organ are averaged, whatever their order", async () => {
      const twin = await tinyRun(prepared, `${dir}/twin`, {
        phases: ["detector", "segmentor"],
        organ: "both=liver,right kidney",
        set: [...set, "seed=5"],
      });
      const masks: LabelVolume[] = [];
      for (const [i, all] of [[run, twin], [twin, run]].entries()) {
        const predictor = await Predictor.load(all, { mode: "withCrop" });
        const folder = `${dir}/mean${i}`;
        const { maskPath, volumesMm3 } = await predictor.predict(`${dir}/in/PIR.nii`, folder);
        predictor.dispose();
        masks.push(await read(maskPath));
        const report = JSON.parse(await Deno.readTextFile(`${folder}/PIR.json`));
        const organs: { name: string; run: string }[] = report.organs;
        assertEquals(organs.map((one) => one.run), all.map(({ folder }) => folder));
        assertEquals(organs.map(({ name }) => name), ["both", "both"]);
        assertEquals(Object.keys(volumesMm3), ["liver", "right kidney"]);
        assertEquals(report.contestedMm3, undefined);
        const done = (...runs: Run[]) =>
          hasResults(`${dir}/in/PIR.nii`, folder, runs.map(({ folder }) => folder), {
            mode: "withCrop",
          });
        assertEquals([await done(run, twin), await done(twin, run)], [true, true]);
      }
      assertEquals(masks[0].data, masks[1].data);
      for (const one of [run, twin]) {
        const alone = await withPredictor(
          one,
          { mode: "withCrop" },
          (predictor) => predictor.predict(`${dir}/in/PIR.nii`, `${one.folder}/alone`),
        );
        const { data } = await read(alone.maskPath);
        assert(data.some((label, i) => label !== masks[0].data[i]), "the other changes nothing");
      }
      assertEquals(tf.memory().numTensors, before);
    });

    await t.step("the largest piece of each class, or all of them", async () => {
      const count = async (folder: string, largest: boolean) => {
        const options = { mode: "withoutCrop", largestComponent: largest } as const;
        const mask = await read((await predict("RAS.nii", folder, options)).maskPath);
        return [2, 6].map((value) => {
          const all = maskOfLabels(mask, [value]);
          const sum = (data: Uint8Array) => data.reduce((total, bit) => total + bit, 0);
          return [sum(all.data), sum(largestPieces(all).data)];
        });
      };
      const [largest, all] = [await count("largest", true), await count("all", false)];
      for (const [voxels, inLargest] of largest) assertEquals(voxels, inLargest);
      assertEquals(all.map(([, inLargest]) => inLargest), largest.map(([voxels]) => voxels));
      assert(all.some(([voxels, inLargest]) => voxels > inLargest), "the network is too good");
    });

    await t.step("nothing that is there is overwritten", async () => {
      for (const ending of [".nii.gz", ".png", ".json"]) {
        const folder = `${dir}/taken${ending}`;
        await Deno.mkdir(folder);
        await Deno.writeTextFile(`${folder}/RAS${ending}`, "mine");
        await assertRejects(
          () => predict("RAS.nii", `taken${ending}`),
          UserError,
          `cannot write ${folder}/RAS${ending}`,
        );
        assertEquals(await filesIn(folder), [`RAS${ending}`]);
        assertEquals(await Deno.readTextFile(`${folder}/RAS${ending}`), "mine");
      }
    });

    await t.step("a file that cannot be read leaves nothing behind", async () => {
      const bytes = await Deno.readFile(`${dir}/in/RAS.nii`);
      await Deno.writeFile(`${dir}/in/short.nii`, bytes.subarray(0, bytes.length / 2));
      await Deno.writeTextFile(`${dir}/in/text.nii.gz`, "not a scan");
      for (const name of ["short.nii", "text.nii.gz", "absent.nii"]) {
        await assertRejects(() => predict(name, "broken"), UserError, name);
      }
      await assertRejects(() => Deno.stat(`${dir}/broken`), Deno.errors.NotFound);
    });

    await t.step("a run of several modalities must be told which", async () => {
      const modalities: Modality[] = ["ct", "mr"];
      const mixed = { ...run, record: { ...run.record, modalities } };
      const error = await assertRejects(
        () => Predictor.load(mixed, { mode: "withCrop" }),
        UserError,
      );
      assertStringIncludes(error.message, "--modality ct or --modality mr");
      const report = await withPredictor(
        mixed,
        { mode: "withCrop", modality: "mr" },
        async (one) => {
          await one.predict(`${dir}/in/RAS.nii`, `${dir}/mr`);
          return JSON.parse(await Deno.readTextFile(`${dir}/mr/RAS.json`));
        },
      );
      assertEquals(report.modality, "mr");
    });

    await t.step("no tensor is left by what worked or failed", async () => {
      await Deno.remove(`${run.folder}/segmentor/model.safetensors`);
      await assertRejects(() => Predictor.load(run, { mode: "withCrop" }), UserError);
      assertEquals(tf.memory().numTensors, before);
    });
  });
});

Deno.test("inputs are a file, or the scans of a folder in order", async () => {
  await inTemporaryFolder(async (dir) => {
    const names = ["b.nii.gz", "a.NII", "c.hdr", "c.img", ".hidden.nii", "notes.txt", "d.nii.json"];
    for (const name of names) await Deno.writeTextFile(`${dir}/${name}`, "");
    await Deno.mkdir(`${dir}/e.nii`);
    assertEquals(await listInputs(dir), ["a.NII", "b.nii.gz", "c.hdr"].map((n) => `${dir}/${n}`));
    const inputs = ["a_0000.nii.gz", "a_0001.nii.gz", "b_0001.nii", "b_0002.nii"];
    const ofChannel = (...channels: (number | undefined)[]) =>
      ofTrainedChannel(
        inputs,
        channels.map((imageChannel) => ({ folder: dir, record: { imageChannel } as RunRecord })),
      );
    assertEquals(ofChannel(undefined), inputs); // numbers of patients, not of channels
    assertEquals(ofChannel(1, 1), ["a_0001.nii.gz", "b_0001.nii"]);
    assertEquals(ofChannel(3), inputs);
    assertThrows(() => ofChannel(0, 1), UserError, "trained on 0 and 1");
    await Deno.writeTextFile(`${dir}/b.nii`, "");
    const twins = `${dir}/b.nii and ${dir}/b.nii.gz`;
    await assertRejects(() => listInputs(dir), UserError, twins);
    assertEquals(await listInputs(`${dir}/notes.txt`), [`${dir}/notes.txt`]);
    await assertRejects(() => listInputs(`${dir}/e.nii`), UserError, "a folder without any");
    const among = () => refuseInputFolder(dir, `${dir}/e.nii/..`);
    await assertRejects(among, UserError, "must have a folder without scans");
    await refuseInputFolder(dir, `${dir}/masks`);
    for (const path of [`${dir}/f`, `${dir}/notes.txt/f`]) {
      await assertRejects(() => listInputs(path), UserError, "missing");
    }
  });
});

Deno.test("hasResults() knows a pair by either name, and a report by its runs", async () => {
  await inTemporaryFolder(async (dir) => {
    for (const name of ["c.nii.gz", "c.png"]) await Deno.writeTextFile(`${dir}/${name}`, "");
    const has = () => hasResults(`${dir}/in/c.img`, dir, ["runs/x"], { mode: "withCrop" });
    assertEquals(await has(), false);
    for (const report of ["null", "[]", "x", '{"organs":5}', '{"organs":[{}]}']) {
      await Deno.writeTextFile(`${dir}/c.json`, report);
      await assertRejects(has, UserError, "unknown ones");
    }
  });
});

Deno.test("hasResults() wants mask, picture and report, of the same scan, runs and options", async () => {
  await inTemporaryFolder(async (dir) => {
    const mode = "withCrop";
    const has = (name: string, ...runs: string[]) =>
      hasResults(`in/${name}.nii`, dir, runs, { mode });
    const report = JSON.stringify({ organs: [{ run: "runs/x" }, { run: resolve("runs/y") }] });
    for (const ending of [".nii.gz", ".png", ".json"]) {
      assertEquals(await has("a", "runs/x", "runs/y"), false);
      await Deno.writeTextFile(`${dir}/a${ending}`, ending === ".json" ? report : "");
    }
    assertEquals(await has("a", "runs/x", "./runs/y"), true);
    // A process that was killed while it renamed complete results has left the rest.
    for (const left of [[".json"], [".png", ".json"]]) {
      const passing = `${dir}/.a.0f1e2d3c.partial`;
      await Deno.mkdir(passing);
      for (const ending of left) await Deno.rename(`${dir}/a${ending}`, `${passing}/a${ending}`);
      assertEquals(await has("a", "runs/x", "runs/y"), false);
      await finishResults("in/a.nii", dir);
      assertEquals(await has("a", "runs/x", "runs/y"), true);
      assertEquals(await Deno.readTextFile(`${dir}/a.json`), report);
      await assertRejects(() => Deno.stat(passing), Deno.errors.NotFound);
    }
    assertEquals(await has("b", "runs/x", "runs/y"), false);
    await assertRejects(() => has("a", "runs/x"), UserError, `runs/y in ${dir}/a.json`);
    await Deno.writeTextFile(`${dir}/a.json`, "{}");
    await assertRejects(() => has("a", "runs/x", "runs/y"), UserError, "unknown ones");
    const options = { mode, channel: null, largestComponent: null };
    const organs = [{ run: "runs/x" }];
    const made = { input: "in/a.nii", modality: "mr", options, organs };
    await Deno.writeTextFile(`${dir}/a.json`, JSON.stringify(made));
    const given = (input: string, options: Partial<PredictOptions>) =>
      hasResults(input, dir, ["runs/x"], { mode, ...options });
    assertEquals(await given("./in/a.nii", {}), true);
    assertEquals(await given("in/a.nii", { modality: "mr" }), true);
    await assertRejects(() => given("other/a.nii", {}), UserError, "those of in/a.nii");
    const others: [Partial<PredictOptions>, string][] = [
      [{ modality: "ct" }, "with modality ct, but it is mr"],
      [{ mode: "withoutCrop" }, "with mode withoutCrop, but it is withCrop"],
      [{ channel: 1 }, "with channel 1"],
      [{ largestComponent: false }, "with largestComponent false"],
    ];
    for (const [options, text] of others) {
      await assertRejects(() => given("in/a.nii", options), UserError, text);
    }
  });
});
