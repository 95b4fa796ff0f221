import type { ByteSource } from "./byte_source.ts";
import { type NiftiHeader, type NiftiType, niftiTypes } from "./nifti_header.ts";

/** Most voxels that are handed on at a time, unless told otherwise. */
export const usualBlockVoxels = 16384;

/** Voxel values as stored; 64-bit integers as floats, rounded beyond 2^53. */
export type StoredValues =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Takes voxel values, the first of which is number `first` of those asked for. */
export type TakeVoxels = (values: StoredValues, first: number) => void;

/**
 * Reads `count` voxels as stored, without scaling, and hands them on in blocks, so that no copy of
 * the file's data is ever whole in memory.
 *
 * @param blockVoxels voxels of a block; the last may have fewer
 * @returns how many voxels there were: fewer than `count` only where the bytes end
 */
export async function decodeVoxels(
  source: ByteSource,
  header: NiftiHeader,
  count: number,
  take: TakeVoxels,
  blockVoxels: number = usualBlockVoxels,
): Promise<number> {
  const size = niftiTypes[header.type].bytes;
  const bytes = new Uint8Array(blockVoxels * size);
  const valuesOf = interpreter(header.type, bytes.buffer, blockVoxels);
  for (let first = 0; first < count;) {
    const wanted = Math.min(blockVoxels, count - first);
    const filled = await fill(source, bytes.subarray(0, wanted * size));
    const whole = Math.floor(filled / size);
    if (!header.littleEndian && size > 1) reverseBytes(bytes, whole * size, size);
    take(valuesOf(whole), first);
    first += whole;
    if (whole < wanted) return first;
  }
  return count;
}

async function fill(source: ByteSource, target: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const part = await source.next(target.length - filled);
    if (part === null) break;
    target.set(part, filled);
    filled += part.length;
  }
  return filled;
}

function reverseBytes(bytes: Uint8Array, length: number, size: number): void {
  for (let start = 0; start < length; start += size) {
    for (let i = 0; i < size / 2; i++) {
      const [low, high] = [start + i, start + size - 1 - i];
      const byte = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = byte;
    }
  }
}

/** A function that gives the first voxels of a buffer of little-endian bytes as numbers. */
function interpreter(
  type: NiftiType,
  buffer: ArrayBuffer,
  blockVoxels: number,
): (count: number) => StoredValues {
  if (type === "int64" || type === "uint64") {
    const low = new Uint32Array(buffer);
    const high = type === "int64" ? new Int32Array(buffer) : low;
    const values = new Float64Array(blockVoxels);
    return (count) => {
      for (let i = 0; i < count; i++) values[i] = high[2 * i + 1] * 2 ** 32 + low[2 * i];
      return values.subarray(0, count);
    };
  }
  const stored = new storedArrays[type](buffer);
  return (count) => stored.subarray(0, count);
}

const storedArrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
