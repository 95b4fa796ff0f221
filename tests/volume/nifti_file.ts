import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { type NiftiType, niftiTypes } from "../../lib/volume/nifti_header.ts";

/** What a test's NIfTI file is made of; an sform with anisotropic spacing unless said otherwise. */
export interface FileParts {
  version?: 1 | 2;
  littleEndian?: boolean;
  magic?: string;
  /** All eight numbers. */
  dim?: number[];
  type?: NiftiType;
  datatype?: number;
  bitpix?: number;
  pixdim?: number[];
  voxOffset?: number;
  slope?: number;
  intercept?: number;
  qformCode?: number;
  sformCode?: number;
  quaternion?: number[];
  qoffset?: number[];
  srow?: number[];
  units?: number;
  /** Bytes between the header and the voxels. */
  extension?: Uint8Array;
  /** Stored values; ascending from 0 unless given. */
  values?: readonly number[];
}

/** The bytes of a NIfTI file, or of a header alone where `values` is empty. */
export function niftiBytes(parts: FileParts = {}): Uint8Array<ArrayBuffer> {
  const { version = 1, littleEndian = true, type = "int16" } = parts;
  const dim = parts.dim ?? [3, 4, 3, 2, 1, 1, 1, 1];
  const extension = parts.extension ?? new Uint8Array(4);
  const headerSize = version === 1 ? 348 : 540;
  const start = headerSize + extension.length;
  const values = parts.values ??
    Array.from({ length: dim.slice(1, 1 + dim[0]).reduce((a, b) => a * b, 1) }, (_, i) => i);
  const { code, bytes } = niftiTypes[type];
  const file = new Uint8Array(start + values.length * bytes);
  const view = new DataView(file.buffer);
  const fields: Fields = version === 1 ? nifti1 : nifti2;
  const write = (name: keyof Fields, ...numbers: number[]) => {
    const [at, kind] = fields[name];
    numbers.forEach((value, i) => put(view, at + i * sizes[kind], kind, value, littleEndian));
  };
  write("size", headerSize);
  const end = version === 2 ? "\r\n\x1a\n" : "";
  const magic = parts.magic ?? `n+${version}\0${end}`;
  for (let i = 0; i < magic.length; i++) file[(version === 1 ? 344 : 4) + i] = magic.charCodeAt(i);
  write("dim", ...dim);
  write("datatype", parts.datatype ?? code, parts.bitpix ?? 8 * bytes);
  write("pixdim", ...(parts.pixdim ?? [1, 0.7, 1.3, 5, 1, 1, 1, 1]));
  write("voxOffset", parts.voxOffset ?? start);
  write("scaling", parts.slope ?? 1, parts.intercept ?? 0);
  write("codes", parts.qformCode ?? 0, parts.sformCode ?? 1);
  write("quaternion", ...(parts.quaternion ?? [0, 0, 0]), ...(parts.qoffset ?? [0, 0, 0]));
  write("srow", ...(parts.srow ?? [0.7, 0, 0, 11, 0, 1.3, 0, -7, 0, 0, 5, 3.5]));
  write("units", parts.units ?? 10);
  file.set(extension, headerSize);
  const kind = kindOf(type);
  values.forEach((value, i) => put(view, start + i * bytes, kind, value, littleEndian));
  return file;
}

/** Writes bytes into a folder under a name; returns the path. */
export async function save(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await Deno.writeFile(path, bytes);
  return path;
}

/** Bytes as a gzip member. */
export function gzipped(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(Buffer.from(bytes)));
}

/** One array of several. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

type Kind =
  | "Uint8"
  | "Int8"
  | "Int16"
  | "Uint16"
  | "Int32"
  | "Uint32"
  | "BigInt64"
  | "BigUint64"
  | "Float32"
  | "Float64";
type Fields = Record<
  | "size"
  | "dim"
  | "datatype"
  | "pixdim"
  | "voxOffset"
  | "scaling"
  | "codes"
  | "quaternion"
  | "srow"
  | "units",
  readonly [at: number, kind: Kind]
>;

const sizes: Record<Kind, number> = {
  Uint8: 1,
  Int8: 1,
  Int16: 2,
  Uint16: 2,
  Int32: 4,
  Uint32: 4,
  Float32: 4,
  BigInt64: 8,
  BigUint64: 8,
  Float64: 8,
};

const nifti1: Fields = {
  size: [0, "Int32"],
  dim: [40, "Int16"],
  datatype: [70, "Int16"],
  pixdim: [76, "Float32"],
  voxOffset: [108, "Float32"],
  scaling: [112, "Float32"],
  units: [123, "Uint8"],
  codes: [252, "Int16"],
  quaternion: [256, "Float32"],
  srow: [280, "Float32"],
};

const nifti2: Fields = {
  size: [0, "Int32"],
  datatype: [12, "Int16"],
  dim: [16, "BigInt64"],
  pixdim: [104, "Float64"],
  voxOffset: [168, "BigInt64"],
  scaling: [176, "Float64"],
  codes: [344, "Int32"],
  quaternion: [352, "Float64"],
  srow: [400, "Float64"],
  units: [500, "Int32"],
};

function kindOf(type: NiftiType): Kind {
  if (type === "int64") return "BigInt64";
  if (type === "uint64") return "BigUint64";
  return (type[0].toUpperCase() + type.slice(1)) as Kind;
}

function put(view: DataView, at: number, kind: Kind, value: number, littleEndian: boolean): void {
  if (kind === "BigInt64") return view.setBigInt64(at, BigInt(value), littleEndian);
  if (kind === "BigUint64") return view.setBigUint64(at, BigInt(value), littleEndian);
  if (kind === "Uint8" || kind === "Int8") return view[`set${kind}`](at, value);
  view[`set${kind}`](at, value, littleEndian);
}
