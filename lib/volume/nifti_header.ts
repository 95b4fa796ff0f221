import { NIFTI1, NIFTI2 } from "nifti-reader-js";
import { UserError } from "../errors.ts";
import type { Triple } from "./volume.ts";

/** The types of voxel that are read; complex, colour, bit and 128-bit types are refused. */
export type NiftiType =
  | "uint8"
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64";

/** Code in the header and size of each type. */
export const niftiTypes: Readonly<Record<NiftiType, { code: number; bytes: number }>> = {
  uint8: { code: 2, bytes: 1 },
  int8: { code: 256, bytes: 1 },
  int16: { code: 4, bytes: 2 },
  uint16: { code: 512, bytes: 2 },
  int32: { code: 8, bytes: 4 },
  uint32: { code: 768, bytes: 4 },
  int64: { code: 1024, bytes: 8 },
  uint64: { code: 1280, bytes: 8 },
  float32: { code: 16, bytes: 4 },
  float64: { code: 64, bytes: 8 },
};

const refusedTypes: Readonly<Record<number, string>> = {
  0: "unknown",
  1: "binary",
  32: "complex64",
  128: "RGB24",
  1536: "float128",
  1792: "complex128",
  2048: "complex256",
  2304: "RGBA32",
};

/** Size of a header in bytes, by version of the format. */
export const headerBytes: Readonly<Record<1 | 2, number>> = { 1: 348, 2: 540 };

/** Most voxels of one volume: 8 GiB as 32-bit floats. */
export const maxVoxels = 2 ** 31;

/** A checked NIfTI header. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** The header as stored (348 or 540 bytes), from which geometry is copied bit by bit. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True for a .hdr that goes with a .img. */
  readonly isPair: boolean;
  /** Voxels along x, y, z; 1 for an axis that the file does not have. */
  readonly shape: Triple;
  /** Volumes in the file: the product of dim[4] .. dim[7]. */
  readonly volumeCount: number;
  readonly type: NiftiType;
  /** Where the voxels start, from the start of the .nii or .img, inflated. */
  readonly voxOffset: number;
  /** A voxel's value is stored * slope + intercept; 1 and 0 where the header asks for no scaling. */
  readonly slope: number;
  readonly intercept: number;
  /** pixdim[0..7] as stored; [0] is qfac. */
  readonly pixdim: readonly number[];
  readonly qformCode: number;
  readonly sformCode: number;
  /** quatern_b, quatern_c, quatern_d. */
  readonly quaternion: Triple;
  readonly qoffset: Triple;
  /** srow_x, srow_y, srow_z: 12 numbers. */
  readonly srow: readonly number[];
}

/**
 * The version of the format that the first bytes declare by sizeof_hdr, in either byte order;
 * `null` when it is neither.
 */
export function niftiVersion(bytes: Uint8Array): 1 | 2 | null {
  if (bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const littleEndian of [true, false]) {
    const size = view.getInt32(0, littleEndian);
    if (size === headerBytes[1]) return 1;
    if (size === headerBytes[2]) return 2;
  }
  return null;
}

/**
 * Reads and checks a header of NIfTI-1 (348 bytes) or NIfTI-2 (540 bytes) in either byte order.
 *
 * The fields are those of nifti-reader-js, apart from the ones that it reads wrongly or not always:
 * 64-bit integers in big-endian order and the sform rows. It is given no more than the header
 * itself, because its reader of extensions does not end on a negative size.
 *
 * Stricter than nibabel where a lenient reading would guess: bitpix must agree with the type, a
 * slope must not be infinite. A slope of 0 or NaN means no scaling.
 *
 * @param bytes exactly the header, as {@linkcode headerBytes} says for its version
 * @param path the file, for messages
 * @throws UserError that names the file, the field's rule, its value and a remedy
 */
export function parseHeader(bytes: Uint8Array<ArrayBuffer>, path: string): NiftiHeader {
  const version = niftiVersion(bytes);
  if (version === null || bytes.length !== headerBytes[version]) {
    throw new RangeError("parseHeader needs exactly the bytes of a header");
  }
  const magic = new TextDecoder("latin1").decode(
    version === 1 ? bytes.subarray(344, 348) : bytes.subarray(4, 12),
  );
  const isPair = isMagic(magic, version, "i");
  if (!isPair && !isMagic(magic, version, "+")) {
    throw fault(
      path,
      `the magic of NIfTI-${version} must be "n+${version}" or "ni${version}"`,
      JSON.stringify(magic),
      "Analyze 7.5 and other formats are not read: convert the file to NIfTI",
    );
  }
  const raw = version === 1 ? new NIFTI1() : new NIFTI2();
  raw.readHeader(bytes.slice().buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const littleEndian = raw.littleEndian;
  const dim = version === 1 ? raw.dims : readInt64s(view, 16, 8, littleEndian);
  const { shape, volumeCount } = checkDimensions(dim, path);
  const type = checkType(raw.datatypeCode, raw.numBitsPerVoxel, path);
  const voxOffset = version === 1 ? raw.vox_offset : readInt64s(view, 168, 1, littleEndian)[0];
  checkOffset(voxOffset, isPair, version, path);
  return {
    version,
    littleEndian,
    bytes,
    isPair,
    shape,
    volumeCount,
    type,
    voxOffset,
    ...checkScaling(raw.scl_slope, raw.scl_inter, path),
    pixdim: raw.pixDims,
    qformCode: raw.qform_code,
    sformCode: raw.sform_code,
    quaternion: [raw.quatern_b, raw.quatern_c, raw.quatern_d],
    qoffset: [raw.qoffset_x, raw.qoffset_y, raw.qoffset_z],
    srow: Array.from(
      { length: 12 },
      (_, i) =>
        version === 1
          ? view.getFloat32(280 + 4 * i, littleEndian)
          : view.getFloat64(400 + 8 * i, littleEndian),
    ),
  };
}

function isMagic(magic: string, version: 1 | 2, kind: "+" | "i"): boolean {
  return magic === `n${kind}${version}\0` + (version === 2 ? "\r\n\x1a\n" : "");
}

function readInt64s(view: DataView, at: number, count: number, littleEndian: boolean): number[] {
  return Array.from(
    { length: count },
    (_, i) => Number(view.getBigInt64(at + 8 * i, littleEndian)),
  );
}

function checkDimensions(
  dim: readonly number[],
  path: string,
): { shape: Triple; volumeCount: number } {
  const remedy = "The header is damaged: convert the image again from its source";
  const axes = dim[0];
  if (!(axes >= 1 && axes <= 7)) throw fault(path, "dim[0] must lie in 1 .. 7", axes, remedy);
  for (let axis = 1; axis <= axes; axis++) {
    if (dim[axis] < 1) throw fault(path, `dim[${axis}] must be at least 1`, dim[axis], remedy);
  }
  const size = (axis: number) => axis <= axes ? dim[axis] : 1;
  const shape: Triple = [size(1), size(2), size(3)];
  const volumeCount = size(4) * size(5) * size(6) * size(7);
  if (shape[0] * shape[1] * shape[2] > maxVoxels) {
    throw fault(path, `a volume has at most ${maxVoxels} voxels`, shape.join(" x "), remedy);
  }
  return { shape, volumeCount };
}

function checkType(code: number, bitsPerVoxel: number, path: string): NiftiType {
  const names = Object.keys(niftiTypes) as NiftiType[];
  const type = names.find((name) => niftiTypes[name].code === code);
  if (type === undefined) {
    const name = refusedTypes[code];
    throw fault(
      path,
      `a voxel must be a real number of one of the types ${names.join(", ")}`,
      name === undefined ? `datatype ${code}` : `${name} (datatype ${code})`,
      "Convert the image to one of these types",
    );
  }
  const bits = 8 * niftiTypes[type].bytes;
  if (bitsPerVoxel !== bits) {
    throw fault(
      path,
      `bitpix of ${type} must be ${bits}`,
      bitsPerVoxel,
      "The header is damaged: convert the image again from its source",
    );
  }
  return type;
}

function checkOffset(offset: number, isPair: boolean, version: 1 | 2, path: string): void {
  const least = isPair ? 0 : headerBytes[version] + 4;
  if (Number.isSafeInteger(offset) && offset >= least) return;
  throw fault(
    path,
    `vox_offset of this kind of file must be a whole number from ${least}`,
    offset,
    "The header is damaged: convert the image again from its source",
  );
}

function checkScaling(
  slope: number,
  intercept: number,
  path: string,
): { slope: number; intercept: number } {
  if (slope === 0 || Number.isNaN(slope)) return { slope: 1, intercept: 0 };
  const remedy = "Set scl_slope and scl_inter to finite numbers, or scl_slope to 0 for no scaling";
  if (!Number.isFinite(slope)) throw fault(path, "scl_slope must be finite", slope, remedy);
  if (!Number.isFinite(intercept)) throw fault(path, "scl_inter must be finite", intercept, remedy);
  return { slope, intercept };
}

function fault(path: string, rule: string, seen: string | number, remedy: string): UserError {
  return new UserError({ what: `cannot read ${path}`, rule, seen: String(seen), remedy });
}
