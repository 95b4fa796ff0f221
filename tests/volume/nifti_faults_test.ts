import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { Random } from "../../lib/random.ts";
import { readImage, readLabels, readNifti } from "../../lib/volume/nifti_read.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { concat, type FileParts, gzipped, niftiBytes, save } from "./nifti_file.ts";

/** What is wrong with a file, its bytes, and parts of the message that must say so. */
type Fault = readonly [name: string, bytes: Uint8Array, ...message: string[]];

const valid = niftiBytes();
const compressed = gzipped(valid);

function withByte(bytes: Uint8Array, at: number, change: number): Uint8Array {
  const changed = bytes.slice();
  changed[at < 0 ? bytes.length + at : at] ^= change;
  return changed;
}

function header(parts: FileParts): Uint8Array {
  return niftiBytes({ values: Array(24).fill(0), ...parts });
}

const qform: FileParts = { sformCode: 0, qformCode: 1 };

const faults: readonly Fault[] = [
  ["empty", new Uint8Array(0), "header of 348 or 540 bytes", "0 bytes long"],
  ["three bytes", valid.subarray(0, 3), "3 bytes long"],
  ["under 348 bytes", valid.subarray(0, 347), "cut off after 347 bytes"],
  ["NIfTI-2 under 540 bytes", niftiBytes({ version: 2 }).subarray(0, 400), "header of 348 or 540"],
  ["another format", new TextEncoder().encode("not an image at all"), "something else"],
  ["header only", valid.subarray(0, 352), "declares 4 x 3 x 2 x 1 voxels of int16", "352 bytes"],
  ["last byte missing", valid.subarray(0, valid.length - 1), "a file of 399 bytes"],
  ["compressed header only", gzipped(valid.subarray(0, 352)), "cut off after 0 of them"],
  ["compressed, last byte missing", gzipped(valid.subarray(0, 399)), "cut off after 23 of them"],
  ["compressed, an empty file", gzipped(new Uint8Array(0)), "0 bytes long"],
  ["compressed twice", gzipped(compressed), "compressed twice"],
  ["truncated gzip", compressed.subarray(0, compressed.length - 30), "complete", "cut off"],
  ["gzip without trailer", compressed.subarray(0, compressed.length - 8), "complete", "cut off"],
  ["gzip cut in its trailer", compressed.subarray(0, compressed.length - 3), "complete", "cut off"],
  ["gzip cut in its header", compressed.subarray(0, 9), "ten-byte header"],
  ["gzip of another method", withByte(compressed, 2, 1), "method 8 (deflate)"],
  ["bad CRC", withByte(compressed, -6, 1), "checksum"],
  ["bad length", withByte(compressed, -1, 1), "checksum and length"],
  ["bad deflate data", withByte(compressed, 10, 6), "deflate stream", "damaged"],
  ["bad magic", niftiBytes({ magic: "nib1" }), 'magic of NIfTI-1 must be "n+1" or "ni1"', '"nib1"'],
  ["Analyze 7.5", niftiBytes({ magic: "\0\0\0\0" }), "magic", "Analyze"],
  ["magic of the other version", niftiBytes({ magic: "n+2\0" }), "magic of NIfTI-1"],
  ["NIfTI-2 magic after text mode", niftiBytes({ version: 2, magic: "n+2\0\n\x1a\n\0" }), "magic"],
  ["pair's header in a .nii", niftiBytes({ magic: "ni1\0", voxOffset: 0 }), "must be in a .hdr"],
  ["dim[0] = 0", header({ dim: [0, 4, 3, 2, 1, 1, 1, 1] }), "dim[0] must lie in 1 .. 7", "is 0"],
  ["dim[0] = 200", header({ dim: [200, 4, 3, 2, 1, 1, 1, 1] }), "dim[0]", "is 200"],
  ["dim[0] = -1", header({ dim: [-1, 4, 3, 2, 1, 1, 1, 1] }), "dim[0]", "is -1"],
  ["zero axis", header({ dim: [3, 4, 0, 2, 1, 1, 1, 1] }), "dim[2] must be at least 1", "is 0"],
  ["negative axis", header({ dim: [3, 4, 3, -2, 1, 1, 1, 1] }), "dim[3] must be at least 1"],
  ["zero volumes", header({ dim: [4, 4, 3, 2, 0, 1, 1, 1] }), "dim[4] must be at least 1"],
  ["huge axes", header({ dim: [3, 32767, 32767, 32767, 1, 1, 1, 1] }), "at most 2147483648 voxels"],
  ["more than the file", header({ dim: [3, 400, 300, 200, 1, 1, 1, 1] }), "400 x 300 x 200 x 1"],
  [
    "gzip that cannot inflate to what it declares",
    gzipped(header({ dim: [3, 1290, 1290, 1290, 1, 1, 1, 1], type: "float32" })),
    "1290 x 1290 x 1290",
    "can inflate to",
  ],
  [
    "overflow of the product",
    header({ dim: [7, 32767, 1, 1, 32767, 32767, 32767, 32767] }),
    "a scan must be one volume",
  ],
  [
    "overflow in 64 bits",
    header({ version: 2, dim: [3, 2 ** 50, 2 ** 50, 2 ** 50, 1, 1, 1, 1] }),
    "at most 2147483648 voxels",
  ],
  [
    "negative 64-bit axis, big-endian",
    header({ version: 2, littleEndian: false, dim: [3, 4, -3, 2, 1, 1, 1, 1] }),
    "dim[2] must be at least 1",
    "is -3",
  ],
  ["bitpix against type", header({ bitpix: 8 }), "bitpix of int16 must be 16", "is 8"],
  ["unknown type", header({ datatype: 77 }), "one of the types", "datatype 77"],
  ["RGB", header({ datatype: 128, bitpix: 24 }), "one of the types", "RGB24"],
  ["RGBA", header({ datatype: 2304, bitpix: 32 }), "one of the types", "RGBA32"],
  ["complex", header({ datatype: 32, bitpix: 64 }), "one of the types", "complex64"],
  ["128-bit float", header({ datatype: 1536, bitpix: 128 }), "one of the types", "float128"],
  ["binary", header({ datatype: 1, bitpix: 1 }), "one of the types", "binary"],
  ["low vox_offset", header({ voxOffset: 348 }), "vox_offset", "from 352", "is 348"],
  ["negative vox_offset", header({ voxOffset: -352 }), "vox_offset", "is -352"],
  ["vox_offset NaN", header({ voxOffset: NaN }), "vox_offset", "is NaN"],
  ["vox_offset infinite", header({ voxOffset: Infinity }), "vox_offset", "is Infinity"],
  ["fractional vox_offset", header({ voxOffset: 352.5 }), "whole number", "is 352.5"],
  ["vox_offset past the end", header({ voxOffset: 100000 }), "from byte 100000 on"],
  ["low vox_offset of NIfTI-2", header({ version: 2, voxOffset: 352 }), "from 544", "is 352"],
  ["negative vox_offset of NIfTI-2", header({ version: 2, voxOffset: -1 }), "from 544", "is -1"],
  ["infinite slope", header({ slope: Infinity }), "scl_slope must be finite", "is Infinity"],
  ["intercept NaN", header({ slope: 2, intercept: NaN }), "scl_inter must be finite", "is NaN"],
  ["pixdim 0", header({ ...qform, pixdim: [1, 1, 0, 1, 1, 1, 1, 1] }), "pixdim[2]", "is 0"],
  ["negative pixdim", header({ ...qform, pixdim: [1, -2, 1, 1, 1, 1, 1, 1] }), "pixdim[1]", "-2"],
  ["pixdim NaN", header({ sformCode: 0, pixdim: [1, 1, 1, NaN, 1, 1, 1, 1] }), "pixdim[3]", "NaN"],
  [
    "quaternion norm above 1",
    header({ ...qform, quaternion: [0.8, 0.6, 0.1] }),
    "quaternion of the qform must have a norm of at most 1",
    "1.004987",
  ],
  ["quaternion NaN", header({ ...qform, quaternion: [0, NaN, 0] }), "quaternion", "NaN"],
  ["qoffset NaN", header({ ...qform, qoffset: [0, NaN, 0] }), "affine of the qform", "finite"],
  ["sform NaN", header({ srow: Array(12).fill(NaN) }), "affine of the sform must be finite"],
  ["sform of zeros", header({ srow: Array(12).fill(0) }), "affine of the sform", "singular"],
  [
    "sform of parallel axes",
    header({ srow: [1, 2, 0, 0, 2, 4, 0, 0, 0, 0, 3, 0] }),
    "affine of the sform",
    "singular",
  ],
];

for (const [name, bytes, ...message] of faults) {
  Deno.test(`faulty file: ${name}`, () =>
    inTemporaryFolder(async (folder) => {
      const path = await save(folder, "scan 1.nii.gz", bytes);
      const error = await assertRejects(() => readImage(path), UserError);
      for (const part of [path, ...message]) assertStringIncludes(error.message, part);
      assert(error.parts.remedy.length > 0);
    }));
}

Deno.test("faulty path: missing file, missing half of a pair, folder", () =>
  inTemporaryFolder(async (folder) => {
    await assertRejects(() => readNifti(`${folder}/none.nii`), UserError, "must exist");
    await assertRejects(() => readNifti(folder), UserError, "a folder");
    const pair = await save(folder, "a.hdr", niftiBytes({ magic: "ni1\0", voxOffset: 0 }));
    await assertRejects(() => readNifti(pair), UserError, "a.img");
  }));

Deno.test("a gzip bomb behind a small header is not inflated to its end", () =>
  inTemporaryFolder(async (folder) => {
    const bomb = gzipped(new Uint8Array(64 << 20));
    const path = await save(folder, "bomb.nii.gz", concat(compressed, bomb, bomb, bomb, bomb));
    const before = Deno.memoryUsage().rss;
    assertEquals((await readImage(path)).volume.data.length, 24);
    assert(Deno.memoryUsage().rss - before < 192 << 20);
  }));

Deno.test("random damage gives an image or a UserError, and files stay closed", () =>
  inTemporaryFolder(async (folder) => {
    const random = new Random("damage");
    let rejected = 0;
    for (let round = 0; round < 600; round++) {
      const version = random.chance(0.5) ? 1 : 2;
      const bytes = niftiBytes({ version, littleEndian: random.chance(0.5) });
      const packed = random.chance(0.3) ? gzipped(bytes) : bytes;
      for (let flips = 1 + random.integer(3); flips > 0; flips--) {
        packed[random.integer(Math.min(packed.length, 560))] ^= 1 << random.integer(8);
      }
      const kept = random.chance(0.2) ? random.integer(packed.length) : packed.length;
      const path = await save(folder, "damaged.nii", packed.subarray(0, kept));
      try {
        const { volume } = await readImage(path);
        // No more voxels than bytes that the file could inflate to.
        assert(volume.data.length <= 1032 * kept);
        await readLabels(path);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        rejected++;
      }
    }
    assert(rejected > 100 && rejected < 600);
  }));
