import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { FileLabels } from "../../lib/volume/file_labels.ts";
import { FileResampler } from "../../lib/volume/file_resampler.ts";
import { readImage, readLabelPlanes, readLabels, readPlanes } from "../../lib/volume/nifti_read.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import { orientationOf, rasGrid, toRas } from "../../lib/volume/orientation.ts";
import { resizeVolume, sampleLabelsNearest } from "../../lib/volume/resample.ts";
import type { LabelVolume, Volume } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { gzipped } from "./nifti_file.ts";
import { anyAffine, assertNear, numbers, pattern, reference } from "./reference.ts";

const volume: Volume = { shape: [7, 6, 5], affine: anyAffine, data: pattern([7, 6, 5]) };
const labels: LabelVolume = {
  ...volume,
  data: Uint16Array.from(volume.data, (value) => value < 60 ? value % 5 : 0),
};
/** Affines of 24 orientations and more, flipped and oblique. */
const affines = reference.orientations.map(({ affine }) => numbers(affine));

Deno.test("planes of a file become what its RAS volume is resized to", () => {
  for (const affine of affines) {
    const file = { ...volume, affine };
    for (const [shape, kernel] of [[[4, 9, 3], "area"], [[7, 6, 5], "linear"]] as const) {
      const expected = resizeVolume(toRas(file).volume, shape, kernel);
      const resampler = new FileResampler(orientationOf(file), shape, kernel);
      for (let z = 0; z < 5; z++) resampler.add(z, file.data, z * 42);
      const actual = resampler.volume();
      assertEquals(actual.shape, expected.shape);
      assertNear(actual.affine, expected.affine, 1e-12);
      assertNear(actual.data, expected.data, 1e-4);
    }
  }
});

Deno.test("planes of a file of labels become what its RAS volume is sampled to", () => {
  for (const affine of affines) {
    const file = { ...labels, affine };
    for (const shape of [[4, 9, 3], [5, 5, 12]] as const) {
      const ras = toRas(file).volume;
      const expected = sampleLabelsNearest(ras, { min: [0, 0, 0], max: ras.shape }, shape);
      const sampler = new FileLabels(orientationOf(file), shape);
      for (let z = 0; z < 5; z++) sampler.add(z, file.data.subarray(z * 42, (z + 1) * 42));
      assertEquals(sampler.labels(), expected);
    }
  }
});

Deno.test("rasGrid() is the grid of the RAS volume", () => {
  for (const affine of affines) {
    const { shape, affine: expected } = toRas({ ...volume, affine }).volume;
    assertEquals(rasGrid(orientationOf({ ...volume, affine })), { shape, affine: expected });
  }
});

Deno.test("files are read plane by plane as they are read whole", () =>
  inTemporaryFolder(async (folder) => {
    for (const name of ["a.nii", "a.nii.gz"]) {
      const path = `${folder}/${name}`;
      await writeVolume(path, volume, { type: "int16", slope: 0.5, intercept: -3 });
      const planes: number[][] = [];
      const { header, shape } = await readPlanes(path, {}, () => (plane, z) => {
        assertEquals(z, planes.length);
        planes.push([...plane]);
      });
      const whole = await readImage(path);
      assertEquals(planes.flat(), [...whole.volume.data]);
      assertEquals([shape, header.slope], [whole.volume.shape, 0.5]);

      await writeLabels(path, labels);
      const labelPlanes: number[][] = [];
      await readLabelPlanes(path, () => (plane) => void labelPlanes.push([...plane]));
      assertEquals(labelPlanes.flat(), [...(await readLabels(path)).labels.data]);
    }
  }));

Deno.test("a file that ends within a plane is an error, after its whole planes", () =>
  inTemporaryFolder(async (folder) => {
    const path = `${folder}/a.nii`;
    await writeVolume(path, volume, { type: "float32" });
    await Deno.truncate(path, 352 + 4 * (2 * 42 + 10));
    await assertRejects(() => readPlanes(path, {}, () => () => {}), UserError, "7 x 6 x 5");
    // Compressed, only inflating it shows how much there is.
    await Deno.writeFile(`${path}.gz`, gzipped(await Deno.readFile(path)));
    const seen: number[] = [];
    const reading = readPlanes(`${path}.gz`, {}, () => (_plane, z) => void seen.push(z));
    await assertRejects(() => reading, UserError, "cut off after 94");
    assertEquals(seen, [0, 1]);
  }));

Deno.test("a value that is no label is an error in a plane too", () =>
  inTemporaryFolder(async (folder) => {
    const path = `${folder}/a.nii`;
    const data = volume.data.slice();
    data[2 + 7 * (3 + 6 * 4)] = 0.5;
    await writeVolume(path, { ...volume, data }, { type: "float32" });
    await assertRejects(() => readLabelPlanes(path, () => () => {}), UserError, "(2, 3, 4)");
  }));
