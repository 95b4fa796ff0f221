import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { defaultSettings } from "../../lib/dataset/prepare.ts";
import { readScanImages } from "../../lib/dataset/scan_images.ts";
import { readScanLabels } from "../../lib/dataset/scan_labels.ts";
import { UserError } from "../../lib/errors.ts";
import { composeAffines } from "../../lib/volume/affine.ts";
import { percentileWindow, windowHu } from "../../lib/volume/intensity.ts";
import { labelExtents } from "../../lib/volume/labels.ts";
import { readImage, readLabels } from "../../lib/volume/nifti_read.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import { fromRas, toRas, type VoxelGrid } from "../../lib/volume/orientation.ts";
import { resizeVolume, sampleLabelsNearest } from "../../lib/volume/resample.ts";
import type { Triple } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { boxLabels, image, shape } from "./volumes.ts";

const settings = { ...defaultSettings, cubeEdge: 6, scanMaxEdge: 5 };
const scanShape = shape.map((size) => Math.min(size, 5)) as unknown as Triple;

/** The volume in a file whose axes are z, x, y of the patient, the first two reversed. */
function turned<V extends VoxelGrid>(volume: V): V {
  const [nx, ny, nz] = volume.shape;
  const toRasIndex = [0, -1, 0, nx - 1, 0, 0, 1, 0, -1, 0, 0, nz - 1, 0, 0, 0, 1];
  const grid = {
    shape: [nz, nx, ny] as const,
    affine: composeAffines(volume.affine, toRasIndex),
  };
  return fromRas(volume, { axes: [2, 0, 1], flips: [true, true, false], grid });
}

Deno.test("readScanImages() windows, resizes and turns as whole volumes would be", () =>
  inTemporaryFolder(async (dir) => {
    const path = `${dir}/scan.nii.gz`;
    await writeVolume(path, turned(image()), { type: "int16" });
    const { volume } = toRas((await readImage(path)).volume);
    for (
      const { modality, window } of [
        { modality: "ct", window: settings.ctWindow },
        { modality: "mr", window: percentileWindow(volume, 0.5, 99.5) },
      ] as const
    ) {
      const { images, grid } = await readScanImages(path, { modality, settings });
      const expected = windowHu(volume, window.low, window.high);
      assertEquals(images.window, window);
      assertEquals(grid, { shape: volume.shape, affine: volume.affine });
      for (
        const [made, size] of [[images.scanImage, scanShape], [images.cubeImage, [
          6,
          6,
          6,
        ]]] as const
      ) {
        const whole = resizeVolume(expected, size, "area");
        assertEquals([made.shape, made.affine], [whole.shape, whole.affine]);
        const worst = Math.max(...made.data.map((value, i) => Math.abs(value - whole.data[i])));
        assertEquals(worst < 1e-6, true, `${modality}: ${worst} apart`);
      }
    }
  }));

Deno.test("a scan that is not too large keeps its voxels", () =>
  inTemporaryFolder(async (dir) => {
    const path = `${dir}/scan.nii`;
    await writeVolume(path, image(), { type: "int16" });
    const { images } = await readScanImages(path, { modality: "ct", settings: defaultSettings });
    const { low, high } = defaultSettings.ctWindow;
    assertEquals(images.scanImage.data, windowHu(image(), low, high).data);
  }));

Deno.test("readScanLabels() gives both grids and the extents in RAS voxels", () =>
  inTemporaryFolder(async (dir) => {
    const path = `${dir}/labels.nii.gz`;
    const labels = boxLabels(300, [1, 0, 2], [4, 3, 4]);
    labels.data[labels.data.length - 1] = 2;
    await writeLabels(path, turned(labels));
    const { volume } = toRas((await readLabels(path)).labels);
    const read = await readScanLabels(path, settings);
    assertEquals(read.grid, { shape: volume.shape, affine: volume.affine });
    assertEquals(read.extents, labelExtents(volume));
    const whole = { min: [0, 0, 0], max: volume.shape } as const;
    assertEquals(read.scanLabels, sampleLabelsNearest(volume, whole, scanShape));
    assertEquals(read.cubeLabels, sampleLabelsNearest(volume, whole, [6, 6, 6]));
  }));

/** Labels of a file that is sampled at x = 1, 3, 6, 8 ... of 40, y = 0, 1, 3 ... of 20 and all z. */
const capped = { ...settings, scanMaxEdge: 16 };
const organ = () => {
  const shape = [40, 20, 10] as const;
  const labels = boxLabels(2, [4, 3, 2], [20, 12, 6], { shape });
  boxLabels(7, [24, 5, 1], [30, 15, 8], { shape }).data.forEach((value, i) => {
    if (value > 0) labels.data[i] = value;
  });
  return labels;
};
const at = (x: number, y: number, z: number) => x + 40 * (y + 20 * z);

Deno.test("readScanLabels() takes a speck between its samples out of box and labels", () =>
  inTemporaryFolder(async (dir) => {
    const clean = organ();
    const stray = { ...clean, data: clean.data.with(at(37, 18, 9), 2).with(at(0, 2, 0), 7) };
    await writeLabels(`${dir}/clean.nii.gz`, turned(clean));
    await writeLabels(`${dir}/stray.nii.gz`, turned(stray));
    const expected = await readScanLabels(`${dir}/clean.nii.gz`, capped);
    const read = await readScanLabels(`${dir}/stray.nii.gz`, capped);
    assertEquals(read, { ...expected, specks: new Map([[2, 1], [7, 1]]) });
    const kept = await readScanLabels(`${dir}/stray.nii.gz`, { ...capped, speckShare: 0 });
    assertEquals(kept.extents, labelExtents(toRas(turned(stray)).volume));
  }));

Deno.test("readScanLabels() keeps a tip that no sample hits, and labels too small for any", () =>
  inTemporaryFolder(async (dir) => {
    const labels = organ();
    for (let z = 6; z < 10; z++) labels.data[at(7, 7, z)] = 2; // up from the organ, between samples
    labels.data[at(37, 2, 4)] = 9;
    await writeLabels(`${dir}/tip.nii.gz`, turned(labels));
    const { volume } = toRas(turned(labels));
    const { extents, specks, scanLabels, cubeLabels } = await readScanLabels(
      `${dir}/tip.nii.gz`,
      capped,
    );
    assertEquals([extents, specks.size], [labelExtents(volume), 0]);
    assertEquals([extents.get(2)?.boxVoxels.max[2], extents.get(9)?.voxels], [10, 1]);
    const whole = { min: [0, 0, 0], max: volume.shape } as const;
    assertEquals(scanLabels, sampleLabelsNearest(volume, whole, [16, 16, 10]));
    assertEquals(cubeLabels, sampleLabelsNearest(volume, whole, [6, 6, 6]));
    assertEquals([2, 9].map((value) => scanLabels.data.includes(value)), [true, false]);
  }));

Deno.test("readScanImages() refuses a scan without a picture", () =>
  inTemporaryFolder(async (dir) => {
    const path = `${dir}/scan.nii`;
    for (const modality of ["ct", "mr"] as const) {
      for (
        const [values, seen] of [[[NaN, Infinity], "finite"], [[NaN, 7], "7 everywhere"]] as const
      ) {
        const empty = image();
        empty.data.forEach((_, i) => empty.data[i] = values[i % 2]);
        await writeVolume(path, empty, { type: "float32" });
        const error = await assertRejects(
          () => readScanImages(path, { modality, settings }),
          UserError,
          seen,
        );
        assertStringIncludes(error.message, path);
        empty.data[empty.data.length - 1] = 8;
        empty.data[0] = 7;
        await writeVolume(path, empty, { type: "float32" });
        await readScanImages(path, { modality, settings });
      }
    }
  }));
