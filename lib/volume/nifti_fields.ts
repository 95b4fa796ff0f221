import { niftiTypes } from "./nifti_header.ts";
import type { Triple } from "./volume.ts";

/** A stretch of equal numbers in a header: where it starts, how many, and of what size. */
export interface FieldRun {
  readonly at: number;
  readonly count: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

/** Where a version of the format keeps its fields. */
export interface HeaderFields {
  /** Writes everything but the geometry, little-endian, into a header of zeros. */
  readonly writeFixed: (
    view: DataView,
    shape: Triple,
    type: keyof typeof niftiTypes,
    voxelStart: number,
    scaling: { slope: number; intercept: number },
  ) => void;
  /** Everything that places the voxels in space: pixdim, units, codes, quaternion, offset, rows. */
  readonly geometry: readonly FieldRun[];
  readonly pixdim: number;
  readonly units: number;
  readonly qformCode: number;
  readonly sformCode: number;
  /** quatern_b, c, d, then qoffset_x, y, z, one after another. */
  readonly quaternion: number;
  readonly srow: number;
  readonly setFloat: (view: DataView, at: number, index: number, value: number) => void;
  readonly setCode: (view: DataView, at: number, value: number) => void;
}

/** NIfTI-1: 348 bytes, 16-bit sizes, 32-bit floats (nifti1.h). */
export const nifti1Fields: HeaderFields = {
  writeFixed(view, shape, type, voxelStart, { slope, intercept }) {
    view.setInt32(0, 348, true);
    view.setUint8(38, "r".charCodeAt(0));
    [3, ...shape, 1, 1, 1, 1].forEach((size, i) => view.setInt16(40 + 2 * i, size, true));
    view.setInt16(70, niftiTypes[type].code, true);
    view.setInt16(72, 8 * niftiTypes[type].bytes, true);
    view.setFloat32(108, voxelStart, true);
    view.setFloat32(112, slope, true);
    view.setFloat32(116, intercept, true);
    writeText(view, 344, "n+1\0");
  },
  geometry: [
    { at: 76, count: 8, bytes: 4 },
    { at: 123, count: 1, bytes: 1 },
    { at: 252, count: 2, bytes: 2 },
    { at: 256, count: 18, bytes: 4 },
  ],
  pixdim: 76,
  units: 123,
  qformCode: 252,
  sformCode: 254,
  quaternion: 256,
  srow: 280,
  setFloat: (view, at, index, value) => view.setFloat32(at + 4 * index, value, true),
  setCode: (view, at, value) =>
    at === 123 ? view.setUint8(at, value) : view.setInt16(at, value, true),
};

/** NIfTI-2: 540 bytes, 64-bit sizes and floats (nifti2.h). */
export const nifti2Fields: HeaderFields = {
  writeFixed(view, shape, type, voxelStart, { slope, intercept }) {
    view.setInt32(0, 540, true);
    writeText(view, 4, "n+2\0\r\n\x1a\n");
    view.setInt16(12, niftiTypes[type].code, true);
    view.setInt16(14, 8 * niftiTypes[type].bytes, true);
    [3, ...shape, 1, 1, 1, 1].forEach((size, i) => {
      view.setBigInt64(16 + 8 * i, BigInt(size), true);
    });
    view.setBigInt64(168, BigInt(voxelStart), true);
    view.setFloat64(176, slope, true);
    view.setFloat64(184, intercept, true);
  },
  geometry: [
    { at: 104, count: 8, bytes: 8 },
    { at: 344, count: 2, bytes: 4 },
    { at: 352, count: 18, bytes: 8 },
    { at: 500, count: 1, bytes: 4 },
  ],
  pixdim: 104,
  units: 500,
  qformCode: 344,
  sformCode: 348,
  quaternion: 352,
  srow: 400,
  setFloat: (view, at, index, value) => view.setFloat64(at + 8 * index, value, true),
  setCode: (view, at, value) => view.setInt32(at, value, true),
};

function writeText(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
}
