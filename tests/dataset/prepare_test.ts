import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { loadCase, openPrepared } from "../../lib/dataset/case.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { type Manifest, readManifest } from "../../lib/dataset/manifest.ts";
import { prepareDataset, type PrepareProgress } from "../../lib/dataset/prepare.ts";
import { readRecord } from "../../lib/dataset/prepare_case.ts";
import { undeclaredLabels } from "../../lib/dataset/undeclared_labels.ts";
import { UserError } from "../../lib/errors.ts";
import { composeAffines, scaleAndShift } from "../../lib/volume/affine.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import { fromRas } from "../../lib/volume/orientation.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import {
  affine,
  boxLabels,
  image,
  shape,
  sheared,
  spacing,
  splitNifti,
  writePair,
  writeSeries,
} from "./volumes.ts";

const settings = { cubeEdge: 8, ctWindow: { low: -300, high: 100 } };

/** A plain pair of two CT cases; in the second, labels 2 and 300. */
async function writeTwoCases(dir: string): Promise<void> {
  await writePair(dir, "one", image(), boxLabels(2, [1, 0, 2], [4, 2, 3]));
  const second = boxLabels(300, [0, 0, 0], [7, 5, 1]);
  second.data[second.data.length - 1] = 2;
  await writePair(dir, "two", image(), second);
}

const open = (dir: string) => openDataset(dir, { modality: "ct" });

Deno.test("prepareDataset() and loadCase(): volumes, window, boxes and sizes", () =>
  inTemporaryFolder(async (dir) => {
    await writeTwoCases(`${dir}/source`);
    const dataset = await open(`${dir}/source`);
    const seen: PrepareProgress[] = [];
    const result = await prepareDataset(
      dataset,
      `${dir}/out`,
      { settings, jobs: 2 },
      (progress) => {
        seen.push(progress);
      },
    );
    assertEquals(result.prepared, ["one", "two"]);
    assertEquals(seen.map(({ done, total }) => [done, total]), [[0, 2], [1, 2], [2, 2]]);
    const prepared = await openPrepared(`${dir}/out`);
    assertEquals(prepared.name, "source");
    assertEquals(prepared.settings.cubeEdge, 8);
    const one = await loadCase(prepared, "one");
    assertEquals(one.cubeImage.shape, [8, 8, 8]);
    assertEquals(one.scanImage.shape, shape);
    one.scanImage.data.forEach((value, i) => {
      const expected = Math.min(1, Math.max(0, (3 * i - 300 + 300) / 400));
      assert(Math.abs(value - expected) < 1e-5, `voxel ${i}: ${value}, not ${expected}`);
    });
    one.scanImage.affine.forEach((value, i) => assert(Math.abs(value - affine[i]) < 1e-5));
    assertEquals(one.scanLabels.data, boxLabels(2, [1, 0, 2], [4, 2, 3]).data);
    assertEquals(one.entry.window, { low: -300, high: 100 });
    assertEquals(one.entry.spacingMm, [...spacing]);
    assertEquals(Object.keys(one.entry.labels), ["2"]);
    const label = one.entry.labels[2];
    assertEquals(label.voxels, 6);
    assertEquals(label.volumeMm3, 6 * 1.5 * 2 * 4);
    [1 / 7, 0, 2 / 4].forEach((value, i) => assert(Math.abs(label.boxUnit.min[i] - value) < 1e-9));
    [4 / 7, 2 / 5, 3 / 4].forEach((value, i) =>
      assert(Math.abs(label.boxUnit.max[i] - value) < 1e-9)
    );
    const two = await loadCase(prepared, "two");
    assertEquals(new Set(two.cubeLabels.data), new Set([300, 0, 2]));
    await assertRejects(() => loadCase(prepared, "three"), UserError, "three");
  }));

Deno.test("prepareDataset() brings files of any orientation to the same case", () =>
  inTemporaryFolder(async (dir) => {
    const labels = boxLabels(2, [1, 0, 2], [4, 2, 3]);
    const flips = [true, false, true] as const;
    const toFile = composeAffines(affine, scaleAndShift([-1, 1, -1], [6, 0, 3]));
    const orientation = { axes: [0, 1, 2], flips, grid: { shape, affine: toFile } } as const;
    // The labels stay in RAS order: what counts is where their voxels are.
    await writePair(`${dir}/source`, "turned", fromRas(image(), orientation), labels);
    await writePair(`${dir}/source`, "upright", image(), labels);
    await prepareDataset(await open(`${dir}/source`), `${dir}/out`, { settings, jobs: 1 });
    const prepared = await openPrepared(`${dir}/out`);
    const [turned, upright] = [
      await loadCase(prepared, "turned"),
      await loadCase(prepared, "upright"),
    ];
    for (const part of ["cubeImage", "cubeLabels", "scanImage", "scanLabels"] as const) {
      assertEquals(turned[part].data, upright[part].data, part);
    }
    assertEquals(turned.entry.labels, upright.entry.labels);
  }));

Deno.test("prepareDataset() skips what is current and redoes what changed", () =>
  inTemporaryFolder(async (dir) => {
    const [source, out] = [`${dir}/source`, `${dir}/out`];
    await writeTwoCases(source);
    const prepare = async (more = {}) => {
      const result = await prepareDataset(await open(source), out, {
        settings: { ...settings, ...more },
        jobs: 1,
      });
      return [result.prepared.join(), result.current.join()];
    };
    assertEquals(await prepare(), ["one,two", ""]);
    assertEquals(await prepare(), ["", "one,two"]);
    await Deno.utime(`${source}/images/one.nii.gz`, 1, 1);
    assertEquals(await prepare(), ["", "one,two"], "touched, not changed");
    await writeVolume(`${source}/images/one.nii.gz`, image(), { type: "float32", intercept: 1 });
    assertEquals(await prepare(), ["one", "two"], "another content");
    await Deno.remove(`${out}/two/cube_labels.nii`);
    assertEquals(await prepare(), ["two", "one"], "a file is missing");
    await Deno.remove(`${out}/manifest.json`);
    assertEquals(await prepare(), ["", "one,two"], "killed before its manifest");
    assertEquals(await prepare({ cubeEdge: 9 }), ["one,two", ""], "other settings");
    await Deno.mkdir(`${out}/one.12345678.partial`);
    await Deno.writeTextFile(`${out}/download.partial`, "somebody else's");
    await prepare({ cubeEdge: 9 });
    const names = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    assertEquals(names, [".lock", "download.partial", "manifest.json", "one", "two"]);
    await Deno.writeTextFile(`${out}/one/entry.json`, "null");
    assertEquals(await prepare({ cubeEdge: 9 }), ["one", "two"], "a damaged record");
    await Deno.remove(`${out}/two/entry.json`);
    assertEquals(await prepare({ cubeEdge: 9 }), ["", "one"], "two is not known to be ours");
    assertEquals([...Deno.readDirSync(`${out}/one`)].map(({ name }) => name).sort(), [
      "cube_image.nii",
      "cube_labels.nii",
      "entry.json",
      "scan_image.nii",
      "scan_labels.nii",
    ]);
  }));

Deno.test("prepareDataset() sees voxels that change beside the header of a pair", () =>
  inTemporaryFolder(async (dir) => {
    const [source, out] = [`${dir}/source`, `${dir}/out`];
    const write = async (value: number) => {
      await writeVolume(`${source}/images/a.nii`, image(), { type: "float32" });
      await writeLabels(`${source}/labels/a.nii`, boxLabels(value, [1, 0, 2], [4, 2, 3]));
      await splitNifti(`${source}/images/a.nii`);
      await splitNifti(`${source}/labels/a.nii`);
    };
    const prepare = async () => {
      const result = await prepareDataset(await open(source), out, { settings, jobs: 1 });
      return [result.prepared.length, ...Object.keys(result.manifest.entries[0].labels)];
    };
    await write(2);
    assertEquals(await prepare(), [1, "2"]);
    assertEquals(await prepare(), [0, "2"]);
    await write(3);
    assertEquals(await prepare(), [1, "3"]);
  }));

Deno.test("prepareDataset() makes a damaged manifest again, and takes no other program's", () =>
  inTemporaryFolder(async (dir) => {
    const [source, out] = [`${dir}/source`, `${dir}/out`];
    await writeTwoCases(source);
    const prepare = async (into = out) =>
      await prepareDataset(await open(source), into, { settings, jobs: 1 });
    await prepare();
    const manifest = await Deno.readTextFile(`${out}/manifest.json`);
    for (const text of ["x", "5", "[]", '{"version":4,"entries":[{}]}', '{"version":4}']) {
      await Deno.writeTextFile(`${out}/manifest.json`, text);
      assertEquals((await prepare()).current, ["one", "two"], text);
      assertEquals(await Deno.readTextFile(`${out}/manifest.json`), manifest, text);
    }
    for (const text of ['{"name":"My web app","icons":[]}', '{"version":"2.1"}', "{"]) {
      await Deno.mkdir(`${dir}/web`, { recursive: true });
      await Deno.writeTextFile(`${dir}/web/manifest.json`, text);
      await assertRejects(() => prepare(`${dir}/web`), UserError, "of something else");
      assertEquals(await Deno.readTextFile(`${dir}/web/manifest.json`), text);
    }
    await Deno.writeTextFile(`${dir}/web/index.html`, "");
    await assertRejects(() => prepare(`${dir}/web`), UserError, "index.html");
  }));

Deno.test({
  name: "a source that may not be read fails alone, also where it was prepared before",
  ignore: Deno.uid() === 0, // who may read everything
  fn: () =>
    inTemporaryFolder(async (dir) => {
      const [source, out] = [`${dir}/source`, `${dir}/out`];
      await writeTwoCases(source);
      const prepare = async () =>
        await prepareDataset(await open(source), out, { settings, jobs: 1 });
      await prepare();
      await Deno.utime(`${source}/images/one.nii.gz`, 1, 1);
      await Deno.chmod(`${source}/images/one.nii.gz`, 0);
      const { current, failures } = await prepare();
      assertEquals([current, failures.map(({ id }) => id)], [["two"], ["one"]]);
      assertStringIncludes(failures[0].message, "the system must let it be read");
    }),
});

Deno.test("prepareDataset() keeps the cases of a data set that moved, and refuses another's folder", () =>
  inTemporaryFolder(async (dir) => {
    await writeTwoCases(`${dir}/source`);
    const prepare = async (source: string) =>
      await prepareDataset(await open(source), `${dir}/out`, { settings, jobs: 1 });
    await prepare(`${dir}/source`);
    await writeTwoCases(`${dir}/elsewhere/source`);
    await assertRejects(() => prepare(`${dir}/elsewhere/source`), UserError, "of another, as");
    await Deno.rename(`${dir}/source`, `${dir}/moved`);
    assertEquals((await prepare(`${dir}/moved`)).current, ["one", "two"]);
    const { entry } = (await readRecord(`${dir}/out/two`))!;
    assertStringIncludes(entry.imagePath, "/moved/", "so that it is not read again the next time");
    // As large and as old as the file before, but with another content.
    await Deno.rename(`${dir}/moved`, `${dir}/again`);
    const path = `${dir}/again/labels/two.nii.gz`;
    const { mtime } = await Deno.stat(path);
    const bytes = await Deno.readFile(path);
    bytes[4] ^= 1; // the time in the header of gzip
    await Deno.writeFile(path, bytes);
    await Deno.utime(path, mtime!, mtime!);
    assertEquals((await prepare(`${dir}/again`)).prepared, ["two"]);
  }));

Deno.test("undeclaredLabels() names the values that no name is for", () => {
  const entries = [{ id: "a", labels: { 1: {}, 7: {}, 9: {} } }, { id: "b", labels: { 1: {} } }];
  const of = (labels: Record<string, number>) =>
    undeclaredLabels({ labels, entries } as unknown as Manifest);
  assertEquals(of({ liver: 1, spleen: 7 }), ["a: 9"]);
  assertEquals(of({}), []);
});

Deno.test("prepareDataset() goes on after a case that fails, and names it", () =>
  inTemporaryFolder(async (dir) => {
    const source = `${dir}/source`;
    await writeTwoCases(source);
    await writePair(source, "broken", image(), boxLabels(1, [0, 0, 0], [1, 1, 1]));
    await Deno.writeTextFile(`${source}/images/broken.nii.gz`, "no picture");
    const far = { affine: composeAffines(scaleAndShift([1, 1, 1], [0, 3, 0]), affine) };
    await writePair(source, "shifted", image(), boxLabels(1, [0, 0, 0], [1, 1, 1], far));
    await writePair(source, "unlabelled", image(), null);
    const result = await prepareDataset(await open(source), `${dir}/out`, { settings, jobs: 2 });
    assertEquals(result.prepared, ["one", "two"]);
    assertEquals(result.unlabelled, ["unlabelled"]);
    const messages = new Map(result.failures.map(({ id, message }) => [id, message]));
    assertEquals([...messages.keys()].sort(), ["broken", "shifted"]);
    assertStringIncludes(messages.get("broken") ?? "", "broken.nii.gz");
    assertStringIncludes(messages.get("shifted") ?? "", "3.00 mm");
    const { entries, missing } = await readManifest(`${dir}/out`);
    assertEquals(entries.map(({ id }) => id), ["one", "two"]);
    assertEquals(missing, ["broken", "shifted"]);
  }));

Deno.test("a manifest never lists a case that is being made again", () =>
  inTemporaryFolder(async (dir) => {
    await writeTwoCases(`${dir}/source`);
    const [dataset, out] = [await open(`${dir}/source`), `${dir}/out`];
    await prepareDataset(dataset, out, { settings, jobs: 1 });
    const other = { ...settings, cubeEdge: 9 };
    const seen: unknown[] = [];
    await prepareDataset(dataset, out, { settings: other, jobs: 1 }, () => {
      const { settings: { cubeEdge }, entries, missing } = JSON.parse(
        Deno.readTextFileSync(`${out}/manifest.json`),
      );
      seen.push([cubeEdge, entries.length, missing]);
    });
    assertEquals(seen, Array(3).fill([9, 0, ["one", "two"]]));
    const { entries, missing } = await readManifest(out);
    assertEquals([entries.length, missing], [2, undefined]);
  }));

Deno.test("prepareDataset() stops between cases when asked to, and continues later", () =>
  inTemporaryFolder(async (dir) => {
    await writeTwoCases(`${dir}/source`);
    const dataset = await open(`${dir}/source`);
    const stop = new AbortController();
    const options = { settings, jobs: 1 };
    const first = await prepareDataset(
      dataset,
      `${dir}/out`,
      { ...options, signal: stop.signal },
      ({ done }) => {
        if (done === 1) stop.abort();
      },
    );
    assertEquals([first.prepared, first.interrupted], [["one"], true]);
    assertEquals((await readManifest(`${dir}/out`)).entries.length, 1);
    const second = await prepareDataset(dataset, `${dir}/out`, options);
    assertEquals([second.current, second.prepared, second.interrupted], [["one"], ["two"], false]);
  }));

Deno.test("prepareDataset() caps the edges of the scan but not the boxes and sizes", () =>
  inTemporaryFolder(async (dir) => {
    const large = [40, 20, 10] as const;
    const labels = boxLabels(1, [8, 4, 2], [32, 12, 6], { shape: large });
    await writePair(`${dir}/source`, "large", image({ shape: large }), labels);
    const capped = { ...settings, scanMaxEdge: 16 };
    await prepareDataset(await open(`${dir}/source`), `${dir}/out`, { settings: capped, jobs: 1 });
    const { entry, scanImage, scanLabels } = await loadCase(
      await openPrepared(`${dir}/out`),
      "large",
    );
    assertEquals([scanImage.shape, entry.scanShape, entry.shape], [
      [16, 16, 10],
      [16, 16, 10],
      [40, 20, 10],
    ]);
    assertEquals(scanLabels.shape, scanImage.shape);
    assertEquals(entry.labels[1].voxels, 24 * 8 * 4);
    assertEquals(entry.labels[1].boxUnit.min, [0.2, 0.2, 0.2]);
    assert(Math.abs(scanImage.affine[0] - 1.5 * 40 / 16) < 1e-5);
  }));

Deno.test("prepareDataset() measures the volume of a sheared grid by its base and height", () =>
  inTemporaryFolder(async (dir) => {
    const labels = boxLabels(2, [1, 0, 2], [4, 2, 3], { affine: sheared });
    await writePair(`${dir}/source`, "tilted", image({ affine: sheared }), labels);
    await prepareDataset(await open(`${dir}/source`), `${dir}/out`, { settings, jobs: 1 });
    const { spacingMm, labels: { 2: label } } = (await readManifest(`${dir}/out`)).entries[0];
    assertEquals(spacingMm, [1.5, 2, 5]);
    assertAlmostEquals(label.volumeMm3, 6 * 1.5 * 2 * 4, 1e-4);
  }));

Deno.test("of files of several volumes a pair of folders has one chosen, labels must be one", () =>
  inTemporaryFolder(async (dir) => {
    await writeSeries(`${dir}/source`);
    const dataset = await open(`${dir}/source`);
    const { failures } = await prepareDataset(dataset, `${dir}/out`, { settings, jobs: 1 });
    const message = (id: string) => failures.find((one) => one.id === id)?.message ?? "";
    assertStringIncludes(message("series"), "a scan must be one volume");
    assertStringIncludes(message("series"), "Choose one of the volumes (--channel)");
    assertStringIncludes(message("masks"), "labels must be one volume");
    assertStringIncludes(message("masks"), "Extract the volume that holds the labels");
    assertEquals(message("masks").includes("--channel"), false);
    const byChannel = async (channel: number) => {
      const chosen = await openDataset(`${dir}/source`, { modality: "ct", channel });
      return await prepareDataset(chosen, `${dir}/${channel}`, { settings, jobs: 1 });
    };
    assertEquals((await byChannel(1)).failures.map(({ id }) => id), ["masks"]);
    const [{ id, imageVolume }] = (await readManifest(`${dir}/1`)).entries;
    assertEquals([id, imageVolume], ["series", 1]);
    // Of a file of one volume the first is no choice.
    await writePair(`${dir}/single`, "one", image(), boxLabels(1, [0, 0, 0], [2, 2, 2]));
    const first = await openDataset(`${dir}/single`, { modality: "ct", channel: 0 });
    await prepareDataset(first, `${dir}/first`, { settings, jobs: 1 });
    assertEquals((await readManifest(`${dir}/first`)).entries[0].imageVolume, undefined);
    const { current } = await prepareDataset(await open(`${dir}/single`), `${dir}/first`, {
      settings,
    });
    assertEquals(current, ["one"]);
    const { failures: beyond } = await byChannel(2);
    const [{ message: refused }] = beyond.filter(({ id }) => id === "series");
    assertStringIncludes(refused, "must lie in 0 .. 1, but it is 2");
  }));

Deno.test("prepareDataset() windows MR by its own percentiles", () =>
  inTemporaryFolder(async (dir) => {
    await writePair(`${dir}/source`, "mr", image(), boxLabels(1, [0, 0, 0], [2, 2, 2]));
    const dataset = await openDataset(`${dir}/source`, { modality: "mr" });
    const mrPercentiles = { low: 10, high: 90 };
    await prepareDataset(dataset, `${dir}/out`, {
      settings: { cubeEdge: 8, mrPercentiles },
      jobs: 1,
    });
    const { window } = (await readManifest(`${dir}/out`)).entries[0];
    // 140 voxels of 3 i - 300: the percentile p is at rank p / 100 * 139.
    assert(Math.abs(window.low - (3 * 13.9 - 300)) < 1e-3, String(window.low));
    assert(Math.abs(window.high - (3 * 125.1 - 300)) < 1e-3, String(window.high));
  }));

Deno.test("an MR whose voxels are nearly all equal is windowed by its whole range", () =>
  inTemporaryFolder(async (dir) => {
    const mostly = image();
    mostly.data.fill(5);
    mostly.data[3] = 45;
    await writePair(`${dir}/source`, "mr", mostly, boxLabels(1, [0, 0, 0], [2, 2, 2]));
    const dataset = await openDataset(`${dir}/source`, { modality: "mr" });
    const mrPercentiles = { low: 10, high: 90 };
    await prepareDataset(dataset, `${dir}/out`, { settings: { mrPercentiles }, jobs: 1 });
    const { entry, scanImage } = await loadCase(await openPrepared(`${dir}/out`), "mr");
    assertEquals(entry.window, { low: 5, high: 45 });
    assertEquals(scanImage.data.filter((value) => value > 0), Float32Array.of(1));
  }));

Deno.test("a case that was prepared in another way since its data set was opened is not loaded", () =>
  inTemporaryFolder(async (dir) => {
    await writeTwoCases(`${dir}/source`);
    const prepare = async (ctWindow: { low: number; high: number }) => {
      await prepareDataset(await open(`${dir}/source`), `${dir}/out`, {
        settings: { ...settings, ctWindow },
        jobs: 1,
      });
      return await openPrepared(`${dir}/out`);
    };
    const before = await prepare({ low: -300, high: 100 });
    await loadCase(before, "one");
    await loadCase(await prepare({ low: -200, high: 100 }), "one");
    await assertRejects(() => loadCase(before, "one"), UserError, "prepared anew");
  }));

Deno.test("onHeld hears before anything is changed", () =>
  inTemporaryFolder(async (dir) => {
    await writeTwoCases(`${dir}/source`);
    const prepare = async () =>
      await prepareDataset(await open(`${dir}/source`), `${dir}/out`, {
        settings,
        onHeld: async () => {
          assertEquals(await Deno.stat(`${dir}/out/.lock`).then(() => true), true);
          throw new UserError({ what: "no", rule: "not so", remedy: "Look" });
        },
      });
    await assertRejects(prepare, UserError, "not so");
    assertEquals([...Deno.readDirSync(`${dir}/out`)].map(({ name }) => name), [".lock"]);
  }));

Deno.test("prepareDataset() prepares again what an older program did, and no newer one's", () =>
  inTemporaryFolder(async (dir) => {
    const [source, out] = [`${dir}/source`, `${dir}/out`];
    await writePair(source, "mr", image(), boxLabels(1, [0, 0, 0], [2, 2, 2]));
    const prepare = async (root = source) =>
      await prepareDataset(await openDataset(root, { modality: "mr" }), out, {
        settings: { cubeEdge: 8 },
        jobs: 1,
      });
    const { prepared, manifest } = await prepare();
    await Deno.symlink(source, `${dir}/link`);
    assertEquals((await prepare(`${dir}/link`)).current, prepared);
    const write = async (version: number) => {
      await Deno.writeTextFile(`${out}/manifest.json`, JSON.stringify({ ...manifest, version }));
      for (const id of prepared) {
        const path = `${out}/${id}/entry.json`;
        const record = JSON.parse(await Deno.readTextFile(path));
        await Deno.writeTextFile(path, JSON.stringify({ ...record, version }));
      }
    };
    await write(manifest.version - 1);
    assertEquals((await prepare()).prepared, prepared);
    assertEquals((await readManifest(out)).version, manifest.version);
    await write(manifest.version + 1);
    await assertRejects(() => prepare(), UserError, `version ${manifest.version}`);
  }));

Deno.test("prepareDataset() and openPrepared() refuse what cannot work", () =>
  inTemporaryFolder(async (dir) => {
    const source = `${dir}/source`;
    await writeVolume(`${source}/images/a.nii.gz`, image(), { type: "float32" });
    const prepare = async (more = {}) =>
      await prepareDataset(await open(source), `${dir}/out`, { settings: more, jobs: 1 });
    await assertRejects(() => prepare(), UserError, "at least one case must have labels");
    await writeLabels(`${source}/labels/a.nii.gz`, boxLabels(1, [0, 0, 0], [1, 1, 1]));
    await assertRejects(() => prepare({ cubeEdge: 0 }), UserError, "edge of the cube");
    await assertRejects(() => prepare({ ctWindow: { low: 5, high: 5 } }), UserError, "CT window");
    await assertRejects(() => prepare({ mrPercentiles: { low: -1, high: 99 } }), UserError, "MR");
    await assertRejects(() => openPrepared(dir), UserError, "deno task prepare");
    await Deno.writeTextFile(`${dir}/manifest.json`, '{"version": 0, "entries": []}');
    await assertRejects(() => openPrepared(dir), UserError, "version");
    await Deno.writeTextFile(`${dir}/manifest.json`, "{");
    await assertRejects(() => openPrepared(dir), UserError, "damaged");
    const files = () => Array.from(Deno.readDirSync(source), ({ name }) => name).sort();
    const into = async (out: string) =>
      await prepareDataset(await open(source), out, { settings, jobs: 1 });
    await assertRejects(() => into(`${source}/`), UserError, "the data set's own");
    await assertRejects(() => into(`${source}/images/..`), UserError, "the data set's own");
    assertEquals(files(), ["images", "labels"]);
    await Deno.remove(`${dir}/manifest.json`);
    await assertRejects(() => into(dir), UserError, "around the data set");
    await assertRejects(() => into(`${source}/images/a.nii.gz`), UserError, "blocked by a file");
    const foreign = `${dir}/foreign`;
    await Deno.mkdir(`${foreign}/a`, { recursive: true });
    await Deno.writeTextFile(`${foreign}/a/notes.txt`, "mine");
    await assertRejects(() => into(foreign), UserError, "a without a manifest.json");
    await Deno.mkdir(`${dir}/out`, { recursive: true });
    using held = await Deno.open(`${dir}/out/.lock`, { create: true, write: true });
    await held.lock(true);
    await assertRejects(() => prepare(), UserError, "in use by another");
  }));

const chaos = new URL("../../../shared/data/Dataset501_CHAOST2", import.meta.url).pathname;
const hasChaos = await Deno.stat(chaos).then(() => true, () => false);

Deno.test({
  name: "prepareDataset() of a real MR scan, LAS on the disk: each organ on its side",
  ignore: !hasChaos,
  fn: () =>
    inTemporaryFolder(async (dir) => {
      const dataset = await openDataset(chaos);
      const one = { ...dataset, cases: dataset.cases.slice(0, 1) };
      await prepareDataset(one, dir, { settings: { cubeEdge: 32 }, jobs: 1 });
      const [{ labels, modality }] = (await openPrepared(dir)).entries;
      assertEquals(modality, "mr");
      const centreX = (name: string) => {
        const { min, max } = labels[dataset.labels[name]].boxUnit;
        return (min[0] + max[0]) / 2;
      };
      assert(centreX("liver") > 0.5 && centreX("spleen") < 0.5);
      assert(centreX("right_kidney") > centreX("left_kidney"));
    }),
});

Deno.test("specks of a label are left out of labels and boxes, unless they are to be kept", () =>
  inTemporaryFolder(async (dir) => {
    const labels = boxLabels(2, [0, 0, 0], [5, 5, 4]);
    labels.data[labels.data.length - 1] = 2; // the far corner: one voxel of 101
    await writePair(`${dir}/source`, "one", image(), labels);
    const dataset = await open(`${dir}/source`);
    const read = async (speckShare: number, out: string) => {
      await prepareDataset(dataset, `${dir}/${out}`, { settings: { ...settings, speckShare } });
      return await loadCase(await openPrepared(`${dir}/${out}`), "one");
    };
    const [cleaned, kept] = [await read(0.01, "cleaned"), await read(0, "kept")];
    assertEquals(cleaned.entry.labels[2].voxels, 100);
    const { boxUnit } = cleaned.entry.labels[2];
    assertEquals([boxUnit.min, ...boxUnit.max.slice(1)], [[0, 0, 0], 1, 1]);
    assert(Math.abs(boxUnit.max[0] - 5 / 7) < 1e-12);
    assertEquals(cleaned.entry.specks, { 2: 1 });
    assertEquals([cleaned.scanLabels.data.at(-1), cleaned.cubeLabels.data.at(-1)], [0, 0]);
    assertEquals(kept.entry.labels[2].voxels, 101);
    assertEquals(kept.entry.labels[2].boxUnit, { min: [0, 0, 0], max: [1, 1, 1] });
    assertEquals(kept.entry.specks, undefined);
    assertEquals([kept.scanLabels.data.at(-1), kept.cubeLabels.data.at(-1)], [2, 2]);
  }));

Deno.test("a speck between the samples of a capped scan is left out of box and cube as well", () =>
  inTemporaryFolder(async (dir) => {
    const large = [40, 20, 10] as const;
    const labels = boxLabels(2, [4, 3, 2], [20, 12, 6], { shape: large });
    labels.data[37 + 40 * (18 + 20 * 9)] = 2; // one voxel of 577, which the cube has and the scan not
    await writePair(`${dir}/source`, "one", image({ shape: large }), labels);
    const dataset = await open(`${dir}/source`);
    const capped = { ...settings, scanMaxEdge: 16 };
    const read = async (speckShare: number, out: string) => {
      const all = { settings: { ...capped, speckShare } };
      await prepareDataset(dataset, `${dir}/${out}`, all);
      return await loadCase(await openPrepared(`${dir}/${out}`), "one");
    };
    const [cleaned, kept] = [await read(0.01, "cleaned"), await read(0, "kept")];
    assertEquals(kept.entry.labels[2].voxels, 577);
    assertEquals(kept.cubeLabels.data[7 + 8 * (7 + 8 * 7)], 2);
    assertEquals(cleaned.entry.labels[2].voxels, 576);
    const { min, max } = cleaned.entry.labels[2].boxUnit;
    [4 / 40, 3 / 20, 2 / 10].forEach((value, i) => assertAlmostEquals(min[i], value, 1e-12));
    [20 / 40, 12 / 20, 6 / 10].forEach((value, i) => assertAlmostEquals(max[i], value, 1e-12));
    assertEquals(cleaned.entry.specks, { 2: 1 });
    assertEquals(cleaned.scanLabels.data, kept.scanLabels.data);
    assertEquals(cleaned.cubeLabels.data, kept.cubeLabels.data.with(7 + 8 * (7 + 8 * 7), 0));
  }));

Deno.test("a speck that a capped scan shows leaves its label's box as exact as the file", () =>
  inTemporaryFolder(async (dir) => {
    const large = [40, 20, 10] as const;
    const clean = boxLabels(2, [5, 3, 2], [20, 11, 7], { shape: large });
    await writePair(`${dir}/clean`, "one", image({ shape: large }), clean);
    const labels = { ...clean, data: clean.data.slice() };
    for (let x = 33; x < 37; x++) labels.data[x + 40 * (17 + 20 * 9)] = 2; // four voxels of 604
    await writePair(`${dir}/specked`, "one", image({ shape: large }), labels);
    const read = async (name: string) => {
      const capped = { ...settings, scanMaxEdge: 16 };
      await prepareDataset(await open(`${dir}/${name}`), `${dir}/${name}.out`, {
        settings: capped,
      });
      return await loadCase(await openPrepared(`${dir}/${name}.out`), "one");
    };
    const [cleaned, as] = [await read("specked"), await read("clean")];
    assertEquals(cleaned.entry.specks, { 2: 4 });
    assertEquals(cleaned.entry.labels, as.entry.labels);
    assertEquals(cleaned.entry.labels[2].voxels, 600);
    assertEquals(cleaned.cubeLabels.data, as.cubeLabels.data);
    assertEquals(cleaned.scanLabels.data, as.scanLabels.data);
  }));

Deno.test("another process that prepares the same folder is refused, or waited for", () =>
  inTemporaryFolder(async (dir) => {
    await writeTwoCases(`${dir}/source`);
    const dataset = await open(`${dir}/source`);
    await Deno.mkdir(`${dir}/out`);
    const other = await Deno.open(`${dir}/out/.lock`, { create: true, write: true });
    await other.lock(true);
    await assertRejects(
      () => prepareDataset(dataset, `${dir}/out`, { settings }),
      UserError,
      "one process at a time",
    );
    let ended = false;
    const waiting = prepareDataset(dataset, `${dir}/out`, { settings, waits: true })
      .finally(() => ended = true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals(ended, false);
    other.close();
    assertEquals((await waiting).prepared, ["one", "two"]);
  }));
