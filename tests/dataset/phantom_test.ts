import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { openDataset } from "../../lib/dataset/layout.ts";
import { makePhantom, phantomShape } from "../../lib/dataset/phantom.ts";
import { phantomLabels } from "../../lib/dataset/phantom_anatomy.ts";
import { requirePhantom, writePhantomDataset } from "../../lib/dataset/phantom_dataset.ts";
import { UserError } from "../../lib/errors.ts";
import { labelComponents } from "../../lib/volume/components.ts";
import { labelExtents } from "../../lib/volume/labels.ts";
import { readImage, readLabels } from "../../lib/volume/nifti_read.ts";
import { orientationLetters, orientationOf, toRas } from "../../lib/volume/orientation.ts";
import { maskOfLabels, spacingMm, voxelCount } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const phantoms = Array.from({ length: 6 }, (_, index) => makePhantom(3, index));
const small = [24, 20, 16] as const;

/** Mean intensity of a label. */
function meanOf(phantom: ReturnType<typeof makePhantom>, value: number): number {
  let [sum, count] = [0, 0];
  phantom.labels.data.forEach((label, i) => {
    if (label !== value) return;
    sum += phantom.image.data[i];
    count++;
  });
  return sum / count;
}

Deno.test("makePhantom() is decided by seed and index alone", () => {
  assertEquals(makePhantom(3, 4), phantoms[4]);
  assertNotEquals(makePhantom(4, 4).image.data, phantoms[4].image.data);
  assertNotEquals(phantoms[3].labels.data, phantoms[4].labels.data);
});

Deno.test("makePhantom() has every organ, of human size, mostly in one piece", () => {
  const limitsMl = {
    "spleen": [60, 600],
    "right kidney": [40, 300],
    "left kidney": [40, 300],
    "liver": [600, 2800],
    "prostate/uterus": [10, 90],
  };
  for (const { labels } of phantoms) {
    const [x, y, z] = spacingMm(labels);
    const extents = labelExtents(labels);
    assertEquals([...extents.keys()], [1, 2, 3, 6, 15]);
    for (const [name, [low, high]] of Object.entries(limitsMl)) {
      const value = phantomLabels[name];
      const ml = (extents.get(value)?.voxels ?? 0) * x * y * z / 1000;
      assert(ml > low && ml < high, `${name}: ${ml} ml`);
      const { sizes } = labelComponents(maskOfLabels(labels, [value]));
      assert(Math.max(...sizes) > 0.9 * sizes.reduce((a, b) => a + b), `${name} in pieces`);
    }
  }
});

Deno.test("makePhantom() puts the organs where they belong in a patient", () => {
  for (const { labels } of phantoms) {
    const centre = (name: string) => {
      const box = labelExtents(labels).get(phantomLabels[name])?.boxVoxels;
      assert(box !== undefined);
      return [0, 1, 2].map((axis) => (box.min[axis] + box.max[axis]) / 2 / labels.shape[axis]);
    };
    const [liver, spleen] = [centre("liver"), centre("spleen")];
    const [right, left] = [centre("right kidney"), centre("left kidney")];
    const prostate = centre("prostate/uterus");
    assert(liver[0] > 0.5 && spleen[0] < 0.4, "liver right, spleen left");
    assert(right[0] > left[0] + 0.1, "each kidney on its side");
    assert(right[1] < liver[1] && left[1] < liver[1], "kidneys behind the liver");
    assert(prostate[2] < right[2] && right[2] < liver[2], "prostate below kidneys below liver");
  }
});

Deno.test("makePhantom() has organs that a centre slice misses", () => {
  let missed = 0;
  for (const { labels } of phantoms) {
    for (const [value, { boxVoxels }] of labelExtents(labels)) {
      const missedAxes = [0, 1, 2].filter((axis) => {
        const centre = Math.floor(labels.shape[axis] / 2);
        return centre < boxVoxels.min[axis] || centre >= boxVoxels.max[axis];
      });
      if (value !== phantomLabels.liver && missedAxes.length > 0) missed++;
    }
  }
  assert(missed >= phantoms.length, `${missed} organs missed by a centre slice`);
});

Deno.test("makePhantom() looks like CT or MR and varies", () => {
  for (const [index, ct] of phantoms.slice(0, 2).entries()) {
    assertEquals(ct.image.shape, phantomShape);
    assert(ct.image.data.every((value) => Number.isInteger(value) && value >= -1024));
    assert(ct.image.data[0] < -900, "air in the corner");
    const [liver, spleen] = [meanOf(ct, 6), meanOf(ct, 1)];
    assert(liver > 20 && liver < 140 && spleen > 0 && spleen < 150, `${liver}, ${spleen} HU`);
    const mr = makePhantom(3, index, { modality: "mr" });
    assertEquals(mr.labels, ct.labels);
    assert(mr.image.data.every((value) => Number.isInteger(value) && value >= 0));
    assert(meanOf(mr, 1) > meanOf(mr, 6), "spleen brighter than liver in T2");
    const [x, y, z] = spacingMm(ct.image);
    assertEquals(x, y);
    assert(z > 1.5 * x, "anisotropic");
  }
  const spacings = phantoms.map(({ image }) => spacingMm(image)[2]);
  assert(Math.max(...spacings) > 1.1 * Math.min(...spacings), "bodies of different size");
});

Deno.test("writePhantomDataset() writes nnU-Net v2 in three orientations, bit for bit again", () =>
  inTemporaryFolder(async (dir) => {
    const options = { cases: 4, seed: 9, shape: small, modality: "mr" } as const;
    await writePhantomDataset(`${dir}/a`, options);
    const dataset = await openDataset(`${dir}/a`);
    assertEquals(dataset.layout, "nnunet");
    assertEquals(dataset.labels, phantomLabels);
    assertEquals(dataset.cases.map(({ modality }) => modality), ["mr", "mr", "mr", "mr"]);
    const letters: string[] = [];
    for (const [index, { imagePath, labelPath }] of dataset.cases.entries()) {
      const phantom = makePhantom(9, index, options);
      const { volume } = await readImage(imagePath);
      const { labels } = await readLabels(labelPath ?? "");
      letters.push(orientationLetters(orientationOf(volume)));
      assertEquals(volume.affine, labels.affine);
      assertEquals(toRas(volume).volume.data, phantom.image.data);
      assertEquals(toRas(labels).volume.data, phantom.labels.data);
      const affine = toRas(volume).volume.affine;
      affine.forEach((value, i) => assert(Math.abs(value - phantom.image.affine[i]) < 1e-3));
      assertEquals(volume.data.length, voxelCount(small));
    }
    assertEquals(letters, ["RAS", "LPS", "LAS", "RAS"]);
    await writePhantomDataset(`${dir}/b`, { ...options, cases: 2 });
    const file = "imagesTr/phantom_001_0000.nii.gz";
    assertEquals(await Deno.readFile(`${dir}/b/${file}`), await Deno.readFile(`${dir}/a/${file}`));
    await writePhantomDataset(`${dir}/b`, { ...options, cases: 3 });
    assertEquals((await openDataset(`${dir}/b`)).cases.length, 3);
  }));

Deno.test("writePhantomDataset() takes no case of a phantom away, and makes no other of it", () =>
  inTemporaryFolder(async (dir) => {
    const options = { cases: 2, shape: small };
    await writePhantomDataset(dir, options);
    const before = await Deno.readFile(`${dir}/imagesTr/phantom_001_0000.nii.gz`);
    await requirePhantom(dir, options);
    for (
      const [changes, part] of [
        [{ cases: 1 }, "2 cases"],
        [{ seed: 1 }, "another seed, shape or modality"],
        [{ shape: [16, 20, 24] }, "another seed, shape or modality"],
        [{ modality: "mr" }, "another seed, shape or modality"],
      ] as const
    ) {
      const write = () => writePhantomDataset(dir, { ...options, ...changes });
      await assertRejects(write, UserError, part);
      await assertRejects(() => requirePhantom(dir, { ...options, ...changes }), UserError, part);
    }
    await assertRejects(() => requirePhantom(dir, { ...options, cases: 3 }), UserError, "2 cases");
    assertEquals(await Deno.readFile(`${dir}/imagesTr/phantom_001_0000.nii.gz`), before);
    // What an interrupted making of a larger one left is no data set.
    await Deno.remove(`${dir}/dataset.json`);
    await writePhantomDataset(dir, { ...options, cases: 1 });
    assertEquals((await openDataset(dir)).cases.length, 1);
  }));

Deno.test("writePhantomDataset() does not touch a real data set", () =>
  inTemporaryFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/dataset.json`, '{"training": []}');
    const write = () => writePhantomDataset(dir, { cases: 1, shape: small });
    await assertRejects(write, UserError, "another data set");
    await Deno.remove(`${dir}/dataset.json`);
    await Deno.mkdir(`${dir}/imagesTr`);
    for (const name of ["imagesTr/patient_0000.nii.gz", "imagesTr/phantom_7.nii.gz", "notes.txt"]) {
      await Deno.writeTextFile(`${dir}/${name}`, "");
      await assertRejects(write, UserError, `something else, as ${name}`);
      await Deno.remove(`${dir}/${name}`);
    }
    await Deno.mkdir(`${dir}/images`);
    await assertRejects(write, UserError, "something else, as images");
    const none = () => writePhantomDataset(`${dir}/new`, { cases: 0 });
    await assertRejects(none, UserError, "positive integer");
  }));
