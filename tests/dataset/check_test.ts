import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { checkDataset, type Finding } from "../../lib/dataset/check.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { composeAffines, scaleAndShift } from "../../lib/volume/affine.ts";
import { fromRas } from "../../lib/volume/orientation.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import { inTemporaryFolder, writeTree } from "../temporary_folder.ts";
import { affine, boxLabels, image, shape, sheared, writePair, writeSeries } from "./volumes.ts";

const names = JSON.stringify({ liver: 1, spleen: 2 });

/** What is found in a plain pair of folders: "severity rule case", sorted, and the findings. */
async function check(
  dir: string,
  organ?: string,
): Promise<{ found: string[]; findings: readonly Finding[] }> {
  const dataset = await openDataset(dir, { modality: "ct" });
  const { findings } = await checkDataset(dataset, {
    jobs: 1,
    organ: organ === undefined ? undefined : parseOrgan(organ, dataset.labels),
  });
  const found = findings.map(({ severity, rule, caseId }) => `${severity} ${rule} ${caseId ?? ""}`);
  return { found: found.map((text) => text.trim()).sort(), findings };
}

/** An image that is like no other. */
function unlike(number: number): ReturnType<typeof image> {
  const volume = image();
  volume.data[0] += number;
  return volume;
}

const bothLabels = () => {
  const labels = boxLabels(1, [1, 1, 1], [4, 3, 3]);
  labels.data[0] = 2;
  return labels;
};

Deno.test("checkDataset() finds nothing in a sound data set", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, { "labels.json": names });
    // Rounding in a converter, and labels whose axes run the other way at the same places.
    const noisy = affine.map((value, i) => value + (i % 2 === 0 ? 1e-5 : -1e-5));
    const toFile = composeAffines(affine, scaleAndShift([-1, 1, 1], [6, 0, 0]));
    const orientation = {
      axes: [0, 1, 2],
      flips: [true, false, false],
      grid: { shape, affine: toFile },
    } as const;
    await writePair(dir, "noisy", unlike(1), { ...bothLabels(), affine: noisy });
    await writePair(dir, "turned", unlike(2), fromRas(bothLabels(), orientation));
    const dataset = await openDataset(dir, { modality: "ct" });
    const report = await checkDataset(dataset, { jobs: 2 });
    assertEquals(report.findings, []);
    const [noisyCase] = report.cases;
    assertEquals(noisyCase.image?.orientation, "RAS");
    assertEquals(noisyCase.image?.range, [-299, 117]);
    assertEquals(noisyCase.labels, {
      "1": { voxels: 12, volumeMm3: noisyCase.labels?.[1].volumeMm3 ?? NaN },
      "2": { voxels: 1, volumeMm3: noisyCase.labels?.[2].volumeMm3 ?? NaN },
    });
    assert(Math.abs((noisyCase.labels?.[1].volumeMm3 ?? 0) - 144) < 0.01);
  }));

Deno.test("checkDataset() measures the volume of a sheared grid by its base and height", () =>
  inTemporaryFolder(async (dir) => {
    await writePair(dir, "tilted", image({ affine: sheared }), {
      ...bothLabels(),
      affine: sheared,
    });
    const dataset = await openDataset(dir, { modality: "ct" });
    const { cases: [{ labels }] } = await checkDataset(dataset, { jobs: 1 });
    assertAlmostEquals(labels?.[1].volumeMm3 ?? NaN, 12 * 1.5 * 2 * 4, 1e-4);
  }));

Deno.test("checkDataset() tells in mm how far labels lie from their image", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, { "labels.json": names });
    const moved = (mm: number) => composeAffines(scaleAndShift([1, 1, 1], [0, mm, 0]), affine);
    const wide = [8, 5, 4] as const;
    await writePair(dir, "near", unlike(1), { ...bothLabels(), affine: moved(0.1) });
    await writePair(dir, "apart", unlike(2), { ...bothLabels(), affine: moved(2) });
    await writePair(dir, "wide", unlike(3), boxLabels(1, [0, 0, 0], [1, 1, 1], { shape: wide }));
    const { found, findings } = await check(dir);
    assertEquals(found, ["error affine apart", "error shape wide", "warning affine near"]);
    const message = (id: string) => findings.find(({ caseId }) => caseId === id)?.message ?? "";
    assertStringIncludes(message("apart"), "2.00 mm");
    assertStringIncludes(message("near"), "0.100 mm");
    assertStringIncludes(message("wide"), "7 x 5 x 4 voxels and the labels 8 x 5 x 4");
    assert(findings.every(({ path }) => path.endsWith(".nii.gz")), "names the file");
  }));

Deno.test("checkDataset() finds faults of voxels", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, { "labels.json": names });
    const broken = unlike(1);
    broken.data.set([NaN, Infinity], 5);
    const constant = image();
    constant.data.fill(7);
    const bright = image();
    bright.data.forEach((value, i) => bright.data[i] = value + 500);
    const huge = unlike(2);
    await writePair(dir, "nan", broken, bothLabels());
    await writePair(dir, "constant", constant, bothLabels());
    await writePair(dir, "mr-as-ct", bright, bothLabels());
    await writePair(
      dir,
      "huge",
      { ...huge, affine: scaleAndShift([1.5, 2, 40], [0, 0, 0]) },
      { ...bothLabels(), affine: scaleAndShift([1.5, 2, 40], [0, 0, 0]) },
    );
    const stray = bothLabels();
    stray.data[3] = 9;
    await writePair(dir, "stray", unlike(3), stray);
    await writePair(dir, "empty", unlike(4), boxLabels(0, [0, 0, 0], [0, 0, 0]));
    const { found, findings } = await check(dir);
    assertEquals(found, [
      "error constant constant",
      "error not finite nan",
      "warning empty labels empty",
      "warning modality mr-as-ct",
      "warning spacing huge",
      "warning unexpected label stray", // a plain pair of folders need not name all
    ]);
    const message = (id: string) => findings.find(({ caseId }) => caseId === id)?.message ?? "";
    assertStringIncludes(message("nan"), "2 voxels");
    assertStringIncludes(message("stray"), "9 (1 voxels)");
  }));

Deno.test("checkDataset() reads a scan by its sform where its qform is unusable", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, { "labels.json": names });
    const broken = unlike(1);
    broken.data.set([NaN], 5);
    const file = `${dir}/images/case.nii`;
    await writeVolume(file, broken, { type: "float32" });
    await writeLabels(`${dir}/labels/case.nii.gz`, bothLabels());
    const bytes = await Deno.readFile(file);
    const header = new DataView(bytes.buffer);
    header.setFloat32(80, 0, true); // pixdim[1]
    header.setInt16(252, 1, true); // qform_code
    await Deno.writeFile(file, bytes);
    const { found, findings } = await check(dir);
    assertEquals(found, ["error not finite case", "warning header case"]);
    assertStringIncludes(findings[1].message, "pixdim says 0 x 2 x 4 mm");
  }));

Deno.test("checkDataset() finds files that are missing, damaged or of the wrong kind", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, { "labels.json": names });
    await writePair(dir, "cut", unlike(1), bothLabels());
    const file = `${dir}/images/cut.nii.gz`;
    const bytes = await Deno.readFile(file);
    await Deno.writeFile(file, bytes.subarray(0, bytes.length - 20));
    await writePair(dir, "unlabelled", unlike(2), null);
    await writePair(dir, "fraction", unlike(3), bothLabels());
    const half = image();
    half.data.fill(0.5);
    await writeVolume(`${dir}/labels/fraction.nii.gz`, half, { type: "float32" });
    await writeLabels(`${dir}/labels/left over.nii.gz`, bothLabels());
    const { found, findings } = await check(dir);
    assertEquals(found, [
      "error missing labels unlabelled",
      "error unpaired labels",
      "error unreadable cut",
      "error unreadable fraction",
    ]);
    assertStringIncludes(
      findings.find(({ rule }) => rule === "unpaired labels")?.path ?? "",
      "left over.nii.gz",
    );
  }));

Deno.test("checkDataset() says of files of several volumes what can be done about them", () =>
  inTemporaryFolder(async (dir) => {
    await writeSeries(dir);
    const { findings } = await check(dir);
    const message = (id: string) => findings.find(({ caseId }) => caseId === id)?.message ?? "";
    assertStringIncludes(message("series"), "Choose one of the volumes (--channel)");
    assertStringIncludes(message("masks"), "labels must be one volume");
    assertEquals(message("masks").includes("--channel"), false);
  }));

Deno.test("checkDataset() finds cases without the organ, and unused labels", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, { "labels.json": JSON.stringify({ liver: 1, spleen: 2, heart: 3 }) });
    await writePair(dir, "both", unlike(1), bothLabels());
    await writePair(dir, "liver", unlike(2), boxLabels(1, [0, 0, 0], [2, 2, 2]));
    assertEquals((await check(dir, "spleen")).found, [
      "warning missing organ liver",
      "warning unused label",
    ]);
    assertEquals((await check(dir, "heart")).found, [
      "error missing organ",
      "warning unused label",
    ]);
  }));

Deno.test("checkDataset() finds the same scan in two parts, whatever its file and orientation", () =>
  inTemporaryFolder(async (dir) => {
    const toFile = composeAffines(affine, scaleAndShift([-1, -1, 1], [6, 4, 0]));
    const orientation = {
      axes: [0, 1, 2],
      flips: [true, true, false],
      grid: { shape, affine: toFile },
    } as const;
    const json = (folder: string, id: string) => ({
      image: `${folder}/images/${id}.nii.gz`,
      label: `${folder}/labels/${id}.nii.gz`,
    });
    await writePair(`${dir}/a`, "one", image(), bothLabels());
    await writePair(`${dir}/a`, "same", image(), bothLabels());
    await writePair(`${dir}/b`, "turned", fromRas(image(), orientation), bothLabels());
    await writeTree(dir, {
      "dataset.json": JSON.stringify({
        modality: { 0: "CT" },
        labels: { 1: "liver", 2: "spleen" },
        numTraining: 3,
        training: [json("a", "one"), json("a", "same")],
        validation: [json("b", "turned")],
      }),
    });
    const { found, findings } = await check(dir);
    assertEquals(found, [
      "error duplicate turned",
      "warning duplicate same",
      "warning number of cases",
    ]);
    assertStringIncludes(findings[0].message, "in the training part");
  }));

const chaos = new URL("../../../shared/data/Dataset501_CHAOST2", import.meta.url).pathname;
const hasChaos = await Deno.stat(chaos).then(() => true, () => false);

Deno.test({
  name: "checkDataset() finds nothing in two real MR scans",
  ignore: !hasChaos,
  fn: async () => {
    const dataset = await openDataset(chaos);
    const two = { ...dataset, cases: dataset.cases.slice(0, 2), declaredTraining: null };
    const { findings, cases } = await checkDataset(two, { jobs: 2 });
    assertEquals(findings, []);
    assertEquals(cases.map(({ image }) => image?.orientation), ["LAS", "LAS"]);
  },
});
