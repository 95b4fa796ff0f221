import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decodeBase64 } from "./base64.ts";
import { UserError } from "../../lib/errors.ts";
import {
  readGeometry,
  readImage,
  readLabelPlanes,
  readLabels,
  readNifti,
  type VolumeChoice,
} from "../../lib/volume/nifti_read.ts";
import { type NiftiType, niftiTypes } from "../../lib/volume/nifti_header.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { concat, type FileParts, gzipped, niftiBytes, save } from "./nifti_file.ts";
import { assertNear, numbers, reference } from "./reference.ts";

const ascending = Array.from({ length: 24 }, (_, i) => i);

Deno.test("affines follow nibabel's rules", () =>
  inTemporaryFolder(async (folder) => {
    for (const { name, header, affine } of reference.affines) {
      const path = await save(folder, "header.nii", decodeBase64(header));
      const geometry = await readGeometry(path);
      try {
        assertNear(geometry.affine, numbers(affine), 1e-6);
      } catch (error) {
        throw new Error(name, { cause: error });
      }
    }
  }));

Deno.test("files that nibabel wrote give the values that nibabel reads", () =>
  inTemporaryFolder(async (folder) => {
    for (const { gzipped, affine, data } of reference.files) {
      const image = await readNifti(await save(folder, "file.nii.gz", decodeBase64(gzipped)));
      assertEquals(image.shape, [3, 2, 2]);
      assertEquals([...image.affine], numbers(affine));
      assertEquals([...image.data], numbers(data));
    }
  }));

Deno.test("every type is read in both byte orders and versions", () =>
  inTemporaryFolder(async (folder) => {
    const extremes: Record<NiftiType, number[]> = {
      uint8: [0, 255],
      int8: [-128, 127],
      int16: [-32768, 32767],
      uint16: [0, 65535],
      int32: [-(2 ** 31), 2 ** 31 - 128],
      uint32: [0, 2 ** 32 - 256],
      int64: [-(2 ** 53), 2 ** 52, -3],
      uint64: [0, 2 ** 53, 2 ** 40],
      float32: [-1.5, 3.25e38],
      float64: [-1.5, 0.1],
    };
    for (const type of Object.keys(niftiTypes) as NiftiType[]) {
      const values = extremes[type];
      const dim = [3, values.length, 1, 1, 1, 1, 1, 1];
      for (const version of [1, 2] as const) {
        for (const littleEndian of [true, false]) {
          const bytes = niftiBytes({ version, littleEndian, type, dim, values });
          const { data } = await readNifti(await save(folder, "a.nii", bytes));
          assertEquals([...data], values.map(Math.fround), `${type} ${version} ${littleEndian}`);
        }
      }
    }
  }));

Deno.test("scaling is done in double precision, and not at all for a slope of 0 or NaN", () =>
  inTemporaryFolder(async (folder) => {
    const read = async (
      parts: FileParts,
    ) => [...(await readImage(await save(folder, "a.nii", niftiBytes(parts)))).volume.data];
    const dim = [3, 3, 1, 1, 1, 1, 1, 1];
    const values = [0, 1, 16777217];
    const common: FileParts = { dim, values, type: "int32" };
    assertEquals(
      await read({ ...common, slope: 0.5, intercept: -8388608 }),
      values.map((value) => value * 0.5 - 8388608),
    );
    assertEquals(await read({ ...common, slope: 0, intercept: 7 }), values.map(Math.fround));
    assertEquals(await read({ ...common, slope: NaN, intercept: NaN }), values.map(Math.fround));
  }));

Deno.test("content decides whether a file is compressed, not its name", () =>
  inTemporaryFolder(async (folder) => {
    const bytes = niftiBytes();
    for (const [name, content] of [["a.nii.gz", bytes], ["b.nii", gzipped(bytes)]] as const) {
      const { data } = await readNifti(await save(folder, name, content));
      assertEquals([...data], ascending);
    }
  }));

Deno.test("gzip members, extra header fields and what follows them", () =>
  inTemporaryFolder(async (folder) => {
    const bytes = niftiBytes();
    const whole = gzipped(bytes);
    const withFields = concat(
      Uint8Array.of(...whole.subarray(0, 3), 2 + 4 + 8 + 16, ...whole.subarray(4, 10)),
      Uint8Array.of(3, 0, 1, 2, 3),
      new TextEncoder().encode("name\0comment\0"),
      Uint8Array.of(9, 9),
      whole.subarray(10),
    );
    const garbage = new TextEncoder().encode("no gzip member");
    const cases = {
      "several members": concat(
        ...[0, 100, 353, 380].map((from, i, all) => gzipped(bytes.subarray(from, all[i + 1]))),
      ),
      "an empty member": concat(gzipped(new Uint8Array(0)), whole),
      "all header fields": withFields,
      "zeros at the end": concat(whole, new Uint8Array(700)),
      "garbage at the end": concat(whole, garbage),
      "start of a member at the end": concat(whole, Uint8Array.of(0x1f, 0x8b)),
      "voxels followed by more": gzipped(concat(bytes, garbage)),
    };
    for (const [name, content] of Object.entries(cases)) {
      const { data } = await readNifti(await save(folder, "a.nii.gz", content));
      assertEquals([...data], ascending, name);
    }
    const { data } = await readNifti(await save(folder, "a.nii", concat(bytes, garbage)));
    assertEquals([...data], ascending);
  }));

Deno.test("a pair of .hdr and .img is read from either name", () =>
  inTemporaryFolder(async (folder) => {
    const voxels = niftiBytes().subarray(352);
    for (const version of [1, 2] as const) {
      const magic = version === 1 ? "ni1\0" : "ni2\0\r\n\x1a\n";
      const header = niftiBytes({ version, magic, voxOffset: 16, values: [] });
      const image = concat(new Uint8Array(16), voxels);
      const paths = [
        await save(folder, `v${version}.hdr`, header),
        await save(folder, `v${version}.img`, image),
        await save(folder, `z${version}.hdr.gz`, gzipped(header)),
        await save(folder, `z${version}.img.gz`, gzipped(image)),
      ];
      for (const path of paths) assertEquals([...(await readNifti(path)).data], ascending);
    }
  }));

Deno.test("extensions are passed over, whatever they hold", () =>
  inTemporaryFolder(async (folder) => {
    const extension = (size: number, length: number) => {
      const bytes = new Uint8Array(4 + length);
      bytes[0] = 1;
      if (length >= 4) new DataView(bytes.buffer).setInt32(4, size, true);
      return bytes;
    };
    for (
      const bytes of [extension(16, 16), extension(0, 16), extension(-16, 32), extension(0, 0)]
    ) {
      const { data } = await readNifti(
        await save(folder, "a.nii", niftiBytes({ extension: bytes })),
      );
      assertEquals([...data], ascending);
    }
  }));

Deno.test("files with fewer or more than three axes", () =>
  inTemporaryFolder(async (folder) => {
    const read = async (dim: number[]) =>
      await readNifti(await save(folder, "a.nii", niftiBytes({ dim })));
    assertEquals((await read([2, 4, 6, 0, 0, 0, 0, 0])).shape, [4, 6, 1]);
    assertEquals((await read([1, 24, 0, 0, 0, 0, 0, 0])).shape, [24, 1, 1]);
    assertEquals((await read([5, 4, 3, 2, 1, 1, 0, 0])).volumeCount, 1);
    const several = await read([5, 2, 3, 1, 2, 2, 0, 0]);
    assertEquals(several.shape, [2, 3, 1]);
    assertEquals(several.volumeCount, 4);
    assertEquals([...several.data], ascending);
    const path = await save(
      folder,
      "a.nii.gz",
      gzipped(niftiBytes({ dim: [4, 2, 3, 1, 4, 1, 1, 1] })),
    );
    assertEquals([...(await readImage(path, { volume: 2 })).volume.data], ascending.slice(12, 18));
    await assertRejects(() => readImage(path), UserError, "a scan must be one volume");
    const remedyOf = async (choice: VolumeChoice) =>
      (await assertRejects(() => readImage(path, choice), UserError)).parts.remedy;
    assertStringIncludes(await remedyOf({}), "--channel");
    assertEquals((await remedyOf({ canChoose: false })).includes("--channel"), false);
    for (const read of [readLabels, (path: string) => readLabelPlanes(path, () => () => {})]) {
      const { parts } = await assertRejects(() => read(path), UserError);
      assertEquals([parts.rule, parts.seen], ["labels must be one volume", "a file of 4 volumes"]);
      assertEquals(parts.remedy.includes("--channel"), false);
    }
    await assertRejects(() => readImage(path, { volume: 4 }), UserError, "0 .. 3");
  }));

Deno.test("labels are integers, by their values and not by their type", () =>
  inTemporaryFolder(async (folder) => {
    const read = async (values: number[], parts: FileParts = {}) => {
      const dim = [3, 3, 2, 1, 1, 1, 1, 1];
      const bytes = niftiBytes({ dim, values, type: "float32", ...parts });
      return [...(await readLabels(await save(folder, "labels.nii", bytes))).labels.data];
    };
    assertEquals(await read([0, 1.0005, 2, 2.9999, 65535, 0]), [0, 1, 2, 3, 65535, 0]);
    assertEquals(
      await read([0, 1, 2, 3, 255, 4], { type: "uint8", slope: 2, intercept: 1 }),
      [1, 3, 5, 7, 511, 9],
    );
    for (const wrong of [2.75, -1, 65536, NaN, Infinity]) {
      const labels = () => read([0, 1, 2, 3, wrong, 4]);
      await assertRejects(labels, UserError, `${wrong} at voxel (1, 1, 0)`);
    }
  }));

Deno.test("content that is not finite is read as it is", () =>
  inTemporaryFolder(async (folder) => {
    const values = [NaN, Infinity, -Infinity, 0];
    const bytes = niftiBytes({ type: "float32", dim: [3, 4, 1, 1, 1, 1, 1, 1], values });
    assertEquals([...(await readNifti(await save(folder, "a.nii", bytes))).data], values);
  }));
