import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { readGeometry, readImage, readLabels, readNifti } from "../../lib/volume/nifti_read.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import { toRas } from "../../lib/volume/orientation.ts";
import type { Affine, LabelVolume, Volume } from "../../lib/volume/volume.ts";
import { decodeBase64 } from "./base64.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { type FileParts, gzipped, niftiBytes, save } from "./nifti_file.ts";
import { anyAffine, assertNear, numbers, patternVolume, reference } from "./reference.ts";

const labels: LabelVolume = {
  shape: [4, 3, 2],
  affine: anyAffine,
  data: Uint16Array.from({ length: 24 }, (_, i) => i % 7),
};

Deno.test("images come back from every type, plain and compressed", () =>
  inTemporaryFolder(async (folder) => {
    const volume = patternVolume([5, 4, 3]);
    for (const name of ["a.nii", "b.nii.gz", "new folder/C.NII.GZ"]) {
      const path = `${folder}/${name}`;
      for (const type of ["int16", "uint16", "float32"] as const) {
        await writeVolume(path, volume, { type });
        const read = await readImage(path);
        assertEquals(read.header.type, type);
        assertEquals(read.volume.data, volume.data);
        assertEquals(read.volume.shape, volume.shape);
        assertEquals(read.volume.affine, volume.affine.map(Math.fround));
      }
    }
  }));

Deno.test("sixteen bits hold [0, 1] to half a unit, with 0 and 1 exact", () =>
  inTemporaryFolder(async (folder) => {
    const data = Float32Array.from({ length: 60 }, (_, i) => i / 59);
    const volume: Volume = { shape: [5, 4, 3], affine: anyAffine, data };
    await writeVolume(`${folder}/a.nii`, volume, { type: "uint16", slope: 1 / 65535 });
    const read = (await readImage(`${folder}/a.nii`)).volume.data;
    assertNear(read, data, 0.5001 / 65535);
    assertEquals([read[0], read[59]], [0, 1]);
  }));

Deno.test("slope and intercept are undone by the reader", () =>
  inTemporaryFolder(async (folder) => {
    const volume: Volume = {
      shape: [3, 2, 1],
      affine: anyAffine,
      data: Float32Array.of(-1024, -1023.5, 0, 0.5, 100, 1000),
    };
    for (const type of ["int16", "uint16", "float32"] as const) {
      await writeVolume(`${folder}/a.nii`, volume, { type, slope: 0.5, intercept: -1024 });
      assertEquals((await readImage(`${folder}/a.nii`)).volume.data, volume.data);
    }
  }));

Deno.test("values that a type cannot hold are refused and leave no file behind", () =>
  inTemporaryFolder(async (folder) => {
    for (const [type, value] of [["uint8", 256], ["int16", -32769], ["uint16", -1]] as const) {
      const volume: Volume = {
        shape: [2, 1, 1],
        affine: anyAffine,
        data: Float32Array.of(0, value),
      };
      const write = () => writeVolume(`${folder}/a.nii`, volume, { type });
      await assertRejects(write, UserError, `must fit ${type} after scaling, but it is ${value}`);
    }
    const nan: Volume = { shape: [1, 1, 1], affine: anyAffine, data: Float32Array.of(NaN) };
    await assertRejects(() => writeVolume(`${folder}/a.nii`, nan, { type: "int16" }), UserError);
    const many = { ...labels, data: labels.data.map((value) => 100 * value) };
    const write = () => writeLabels(`${folder}/a.nii`, many, { type: "uint8" });
    await assertRejects(write, UserError, "is 600");
    await assertRejects(() => writeLabels(`${folder}/a.mha`, labels), UserError, ".nii or .nii.gz");
    assertEquals([...Deno.readDirSync(folder)], []);
    await writeVolume(`${folder}/a.nii`, nan, { type: "float32" });
    assertEquals([...(await readImage(`${folder}/a.nii`)).volume.data], [NaN]);
  }));

Deno.test("labels and masks take the smallest type that holds them", () =>
  inTemporaryFolder(async (folder) => {
    const path = `${folder}/labels.nii.gz`;
    const many = { ...labels, data: labels.data.map((value) => 100 * value) };
    const mask = { ...labels, data: Uint8Array.from(labels.data, (value) => value & 1) };
    for (const [written, type] of [[labels, "uint8"], [many, "uint16"], [mask, "uint8"]] as const) {
      await writeLabels(path, written);
      const read = await readLabels(path);
      assertEquals(read.header.type, type);
      assertEquals([...read.labels.data], [...written.data]);
    }
    await writeLabels(path, labels, { type: "uint16" });
    assertEquals((await readGeometry(path)).header.type, "uint16");
  }));

Deno.test("equal input gives equal bytes, in which no time and no system is named", () =>
  inTemporaryFolder(async (folder) => {
    await writeLabels(`${folder}/a.nii.gz`, labels);
    await writeLabels(`${folder}/b.nii.gz`, labels);
    const bytes = await Deno.readFile(`${folder}/a.nii.gz`);
    assertEquals(bytes, await Deno.readFile(`${folder}/b.nii.gz`));
    assertEquals([...bytes.subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    assertEquals(bytes[9], 255);
  }));

Deno.test("the geometry of the input's header is kept to the last bit", () =>
  inTemporaryFolder(async (folder) => {
    // Numbers that no float of 32 bits holds, a quaternion that disagrees, a NaN, odd codes.
    const odd: FileParts = {
      pixdim: [-1, 0.1, 1.3, 5.000001, 2.5, NaN, 0, -7],
      qformCode: 2,
      sformCode: 4,
      quaternion: [0.1, 0.2, 0.3],
      qoffset: [1 / 3, 2 / 3, -1e-30],
      srow: [-0.1, 0.01, 0, 1 / 3, 0, -1.3, 0.02, 2 / 3, 0, 0, 5, 3.5],
      units: 18,
    };
    for (const version of [1, 2] as const) {
      for (const littleEndian of [true, false]) {
        const bytes = niftiBytes({ ...odd, version, littleEndian });
        const { volume, header } = await readImage(
          await save(folder, "in.nii.gz", gzipped(bytes)),
        );
        await writeLabels(`${folder}/out.nii.gz`, { ...labels, affine: volume.affine }, {
          like: header,
        });
        const written = (await readGeometry(`${folder}/out.nii.gz`)).header;
        assertEquals(written.version, version);
        assertEquals(written.littleEndian, true);
        const expected = niftiBytes({ ...odd, version });
        const ranges = version === 1
          ? [[76, 108], [123, 124], [252, 328]]
          : [[104, 168], [344, 496], [500, 504]];
        for (const [from, to] of ranges) {
          assertEquals(written.bytes.subarray(from, to), expected.subarray(from, to));
        }
      }
    }
  }));

Deno.test("a volume off the grid of the input is not written with its geometry", () =>
  inTemporaryFolder(async (folder) => {
    const { header, volume } = await readImage(await save(folder, "in.nii", niftiBytes()));
    const write = (changed: Partial<LabelVolume>) =>
      writeLabels(
        `${folder}/out.nii`,
        { ...labels, affine: volume.affine, ...changed },
        { like: header },
      );
    await assertRejects(() => write({ shape: [3, 4, 2] }), UserError, "4 x 3 x 2");
    const shifted = volume.affine.with(3, volume.affine[3] + 0.01);
    await assertRejects(() => write({ affine: shifted }), UserError, "mm away");
    await write({ affine: volume.affine.with(3, volume.affine[3] + 1e-5) });
  }));

Deno.test("an affine is stored as sform, and as the same qform when it has no shear", () =>
  inTemporaryFolder(async (folder) => {
    const path = `${folder}/a.nii`;
    for (const { affine: text } of reference.orientations) {
      const affine: Affine = numbers(text);
      await writeLabels(path, { ...labels, affine });
      const bytes = await Deno.readFile(path);
      assertNear((await readGeometry(path)).affine, affine, 1e-5);
      const view = new DataView(bytes.buffer);
      if (view.getInt16(252, true) === 0) continue;
      view.setInt16(254, 0, true);
      await Deno.writeFile(path, bytes);
      assertNear((await readGeometry(path)).affine, affine, 1e-5);
    }
    const sheared = numbers(reference.orientations.at(-1)!.affine);
    await writeLabels(path, { ...labels, affine: sheared });
    const { header } = await readGeometry(path);
    assertEquals([header.qformCode, header.sformCode], [0, 1]);
  }));

Deno.test("an axis too long for NIfTI-1 is written as NIfTI-2", () =>
  inTemporaryFolder(async (folder) => {
    const volume: Volume = {
      shape: [1, 32768, 1],
      affine: anyAffine,
      data: new Float32Array(32768).fill(2),
    };
    await writeVolume(`${folder}/a.nii.gz`, volume, { type: "uint8" });
    const read = await readNifti(`${folder}/a.nii.gz`);
    assertEquals(read.header.version, 2);
    assertEquals(read.shape, volume.shape);
    assertEquals(read.affine, volume.affine);
    assertEquals(read.data, volume.data);
  }));

Deno.test("a file of nibabel's is read, written like itself, and equal in header and values", () =>
  inTemporaryFolder(async (folder) => {
    for (const { name, gzipped } of reference.files) {
      const path = await save(folder, "in.nii.gz", decodeBase64(gzipped));
      const { volume, header } = await readImage(path);
      await writeVolume(`${folder}/out.nii`, volume, { type: "float32", like: header });
      const again = await readImage(`${folder}/out.nii`);
      assertEquals(again.volume, volume, name);
      for (const field of ["pixdim", "srow", "quaternion", "qoffset", "sformCode"] as const) {
        assertEquals(again.header[field], header[field], name);
      }
    }
  }));

const realScan = "../shared/data/Task04_Hippocampus/imagesTr/hippocampus_015.nii.gz";
const realFolder = new URL(`../../${realScan}`, import.meta.url).pathname;
const hasRealScan = await Deno.stat(realFolder).then(() => true, () => false);

Deno.test({
  name: "a real scan goes through reading, RAS and writing",
  ignore: !hasRealScan,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      const { volume, header } = await readImage(realFolder);
      const ras = toRas(volume).volume;
      assert(ras.affine[0] > 0 && ras.affine[5] > 0 && ras.affine[10] > 0);
      await writeVolume(`${folder}/out.nii.gz`, volume, { type: "float32", like: header });
      assertEquals((await readImage(`${folder}/out.nii.gz`)).volume, volume);
    }),
});
