import { UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";

/** Element types that {@linkcode readSafetensors} understands, as the format spells them. */
export type SafetensorsDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U8"
  | "BOOL";

/** One tensor of a file; floats arrive as float32, integers and booleans as int32. */
export interface SafetensorsTensor {
  /** The element type in the file. */
  readonly dtype: SafetensorsDtype;
  readonly shape: number[];
  /** Values in C order. */
  readonly data: Float32Array | Int32Array;
}

/** What a .safetensors file holds. */
export interface Safetensors {
  /** Tensors by name, in the order of the file's header. */
  readonly tensors: Map<string, SafetensorsTensor>;
  /** Free text about the file, by key. */
  readonly metadata: Record<string, string>;
}

/** A tensor to be written: float32 or int32, C order. */
export interface WritableTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** The largest header in bytes that the format allows. */
const maxHeaderBytes = 100_000_000;
const prefixBytes = 8;

const bytesPerElement: Record<SafetensorsDtype, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/**
 * Reads a .safetensors file (https://huggingface.co/docs/safetensors): 8 bytes with the length of
 * a JSON header, the header, then the tensors' little-endian bytes.
 *
 * @throws {UserError} when the file is missing, truncated, or breaks a rule of the format
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  try {
    return parseSafetensors(await Deno.readFile(path), path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError({
      what: `cannot read weights from ${path}`,
      rule: "the file must exist",
      remedy: "Check the path, and download or train the weights first",
    }, { cause: error });
  }
}

/**
 * The tensors in the bytes of a .safetensors file; see {@linkcode readSafetensors}.
 *
 * @param source names the bytes in error messages
 * @throws {UserError} when the bytes are truncated or break a rule of the format
 */
export function parseSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const broken = fault(source);
  if (bytes.length < prefixBytes) {
    throw broken("it must begin with 8 bytes of header length", `${bytes.length} bytes long`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes)) {
    throw broken(`its header must be at most ${maxHeaderBytes} bytes`, `${headerBytes} bytes`);
  }
  const dataStart = prefixBytes + Number(headerBytes);
  if (dataStart > bytes.length) {
    throw broken(
      `it must hold its header of ${headerBytes} bytes`,
      `truncated at ${bytes.length} bytes`,
    );
  }
  const header = parseHeader(bytes.subarray(prefixBytes, dataStart), broken);
  const data = bytes.subarray(dataStart);
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = checkMetadata(value, broken);
    else entries.push(checkEntry(name, value, data.length, broken));
  }
  checkExtents(entries, data.length, broken);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, data: decode(data.slice(begin, end), dtype, name, broken) });
  }
  return { tensors, metadata };
}

/**
 * Writes a .safetensors file atomically: float32 arrays as F32, int32 arrays as I32, in the order
 * of `tensors`.
 *
 * @throws RangeError when a shape does not fit its data or a tensor has the reserved name
 *   `__metadata__`
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomic(path, serializeSafetensors(tensors, metadata));
}

/** The bytes that {@linkcode writeSafetensors} writes. */
export function serializeSafetensors(
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata]);
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === "__metadata__") throw new RangeError(`a tensor cannot be named ${name}`);
    if (elementCount(shape) !== data.length) {
      throw new RangeError(`${name} has shape [${shape}] but ${data.length} values`);
    }
    const begin = end;
    end += data.byteLength;
    const dtype = data instanceof Float32Array ? "F32" : "I32";
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // The format asks for spaces up to a multiple of 8, so that mapped tensors are aligned.
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(prefixBytes + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, prefixBytes, prefixBytes + headerBytes);
  bytes.set(header, prefixBytes);
  let offset = prefixBytes + headerBytes;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

type Fault = (rule: string, seen?: string) => UserError;

function fault(source: string): Fault {
  return (rule, seen) =>
    new UserError({
      what: `cannot read weights from ${source}`,
      rule,
      seen,
      remedy: "Download or export the file again",
    });
}

function parseHeader(bytes: Uint8Array, broken: Fault): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw broken("its header must be JSON in UTF-8");
  }
  if (!isRecord(header)) throw broken("its header must be a JSON object");
  return header;
}

function checkMetadata(value: unknown, broken: Fault): Record<string, string> {
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== "string")) {
    throw broken("__metadata__ must map texts to texts");
  }
  return value as Record<string, string>;
}

interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

function checkEntry(
  name: string,
  value: unknown,
  dataBytes: number,
  broken: Fault,
): HeaderEntry {
  if (!isRecord(value)) throw broken(`the entry of ${name} must be a JSON object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(bytesPerElement, dtype)) {
    throw broken(
      `the type of ${name} must be one of ${Object.keys(bytesPerElement).join(", ")}`,
      String(dtype),
    );
  }
  if (!isSizeList(shape)) {
    throw broken(`the shape of ${name} must list sizes from 0 on`, JSON.stringify(shape));
  }
  if (!isSizeList(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw broken(`data_offsets of ${name} must be [begin, end]`, JSON.stringify(offsets));
  }
  const [begin, end] = offsets;
  if (end > dataBytes) {
    throw broken(
      `${name} must lie inside the file's ${dataBytes} bytes of data`,
      `at ${begin} to ${end}: the file is truncated or its header is wrong`,
    );
  }
  const expected = elementCount(shape) * bytesPerElement[dtype as SafetensorsDtype];
  if (end - begin !== expected) {
    throw broken(`${name} (${dtype} [${shape}]) must take ${expected} bytes`, `${end - begin}`);
  }
  return { name, dtype: dtype as SafetensorsDtype, shape, begin, end };
}

/** Tensors must cover the data without overlap or hole, or two names could share bytes. */
function checkExtents(entries: HeaderEntry[], dataBytes: number, broken: Fault): void {
  let covered = 0;
  let previous = "the header";
  const inOrder = entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, begin, end } of inOrder) {
    if (begin < covered) throw broken(`the bytes of ${previous} and ${name} must not overlap`);
    if (begin > covered) {
      throw broken(
        `${name} must follow ${previous} without a hole`,
        `${begin - covered} bytes off`,
      );
    }
    covered = end;
    previous = name;
  }
  if (covered !== dataBytes) {
    throw broken(
      `its tensors must cover all ${dataBytes} bytes of data`,
      `${dataBytes - covered} bytes short`,
    );
  }
}

/** Values of one tensor; `bytes` is a copy of its own, hence aligned. */
function decode(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: SafetensorsDtype,
  name: string,
  broken: Fault,
): Float32Array | Int32Array {
  switch (dtype) {
    case "F32":
      return new Float32Array(bytes.buffer);
    case "F64":
      return Float32Array.from(new Float64Array(bytes.buffer));
    case "F16":
      return Float32Array.from(new Uint16Array(bytes.buffer), halfToNumber);
    case "BF16":
      return new Float32Array(
        Uint32Array.from(new Uint16Array(bytes.buffer), (bits) => bits << 16).buffer,
      );
    case "I32":
      return new Int32Array(bytes.buffer);
    case "I16":
      return Int32Array.from(new Int16Array(bytes.buffer));
    case "I8":
      return Int32Array.from(new Int8Array(bytes.buffer));
    case "U8":
    case "BOOL":
      return Int32Array.from(bytes);
    case "I64":
      return narrow(new BigInt64Array(bytes.buffer), name, broken);
  }
}

function narrow(values: BigInt64Array, name: string, broken: Fault): Int32Array {
  const narrowed = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== BigInt.asIntN(32, values[i])) {
      throw broken(`the I64 values of ${name} must fit 32 bits`, String(values[i]));
    }
    narrowed[i] = Number(values[i]);
  }
  return narrowed;
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, edge) => product * edge, 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
