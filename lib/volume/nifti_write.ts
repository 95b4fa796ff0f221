import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import { affineDistanceMm, determinant3, linearPart } from "./affine.ts";
import { type LabelBlock, placeBlockInFile } from "./label_block.ts";
import { affineOfHeader } from "./nifti_affine.ts";
import { type FieldRun, type HeaderFields, nifti1Fields, nifti2Fields } from "./nifti_fields.ts";
import { headerBytes, type NiftiHeader, niftiTypes } from "./nifti_header.ts";
import type { Orientation } from "./orientation.ts";
import { quaternionOfRotation } from "./quaternion.ts";
import {
  type Affine,
  type Grid,
  type LabelVolume,
  type Mask,
  spacingMm,
  type Triple,
  type Volume,
  voxelCount,
} from "./volume.ts";

/** How an image's values are stored. */
export interface VolumeFormat {
  readonly type: "uint8" | "int16" | "uint16" | "float32";
  /**
   * Value of one stored unit and of a stored 0: a reader computes stored * slope + intercept. 1 and
   * 0 unless given. Integer types hold the nearest unit.
   */
  readonly slope?: number;
  readonly intercept?: number;
  /** The header of the file on whose grid the volume lies; its geometry is copied bit by bit. */
  readonly like?: NiftiHeader;
}

/** How labels are stored. */
export interface LabelFormat {
  /** The smallest type that holds the labels unless given. */
  readonly type?: "uint8" | "uint16";
  /** As in {@linkcode VolumeFormat}. */
  readonly like?: NiftiHeader;
}

/** Farthest that a grid may lie from the header whose geometry it is to be written with. */
const gridToleranceMm = 1e-3;
const largestNifti1Axis = 32767;
const xformScanner = 1;
const unitsMm = 2;

/**
 * Writes an image as NIfTI, compressed when the name ends in `.gz`, atomically. Little-endian;
 * NIfTI-1 unless an axis exceeds 32767 voxels or `like` is NIfTI-2. Equal input gives equal bytes.
 *
 * With `like`, its qform, sform, pixdim and units are copied to the last bit; without, the affine
 * is stored as an sform of code 1 and, when it has no shear, as the same qform.
 *
 * @throws UserError when a value does not fit the type (NaN in an integer type, for instance), the
 *   name does not end in .nii or .nii.gz, or the volume is not on the grid of `like`
 */
export async function writeVolume(
  path: string,
  volume: Volume,
  format: VolumeFormat,
): Promise<void> {
  const { type, like } = format;
  checkLength(volume);
  // The header of NIfTI-1 holds 32-bit floats: values are divided by what a reader will see.
  const slope = Math.fround(format.slope ?? 1);
  const intercept = Math.fround(format.intercept ?? 0);
  const { file, voxelStart } = layOut(path, volume, type, { slope, intercept }, like);
  const count = voxelCount(volume.shape);
  if (type === "float32") {
    const voxels = new Float32Array(file.buffer, voxelStart, count);
    if (slope === 1 && intercept === 0) voxels.set(volume.data);
    else for (let i = 0; i < count; i++) voxels[i] = (volume.data[i] - intercept) / slope;
  } else {
    storeIntegers(path, volume, type, slope, intercept, file.buffer, voxelStart);
  }
  await writeFile(path, file);
}

/**
 * Writes labels or a mask as NIfTI; see {@linkcode writeVolume}.
 *
 * @throws UserError as {@linkcode writeVolume}, and when a label exceeds the type
 */
export async function writeLabels(
  path: string,
  labels: LabelVolume | Mask,
  format: LabelFormat = {},
): Promise<void> {
  checkLength(labels);
  const type = labelType(path, labels.data, format.type);
  await writeLabelFile(path, labels, type, format.like, (voxels) => voxels.set(labels.data));
}

/**
 * Writes a block of labels as NIfTI on the whole grid of the file that it was found in, as
 * {@linkcode writeLabels} does the volume.
 *
 * @param orientation of that file, on whose RAS grid the block lies
 * @throws UserError as {@linkcode writeLabels}
 */
export async function writeLabelBlock(
  path: string,
  block: LabelBlock,
  orientation: Orientation,
  format: LabelFormat = {},
): Promise<void> {
  const type = labelType(path, block.data, format.type);
  await writeLabelFile(path, orientation.grid, type, format.like, (voxels) => {
    placeBlockInFile(block, orientation, voxels);
  });
}

function labelType(
  path: string,
  labels: Uint16Array | Uint8Array,
  asked: LabelFormat["type"],
): "uint8" | "uint16" {
  const fitsBytes = allFitBytes(labels);
  const type = asked ?? (fitsBytes ? "uint8" : "uint16");
  if (type === "uint16" || fitsBytes) return type;
  let largest = 0;
  for (const label of labels) largest = Math.max(largest, label);
  throw doesNotFit(path, type, largest, "Write the labels as uint16");
}

/** @param fill writes the labels of all voxels, which are 0 before */
async function writeLabelFile(
  path: string,
  grid: Grid,
  type: "uint8" | "uint16",
  like: NiftiHeader | undefined,
  fill: (voxels: Uint8Array | Uint16Array) => void,
): Promise<void> {
  const { file, voxelStart } = layOut(path, grid, type, { slope: 1, intercept: 0 }, like);
  const count = voxelCount(grid.shape);
  fill(
    type === "uint8"
      ? new Uint8Array(file.buffer, voxelStart, count)
      : new Uint16Array(file.buffer, voxelStart, count),
  );
  // Labels are runs of equal values: to look for no other repetition takes half the time.
  await writeFile(path, file, constants.Z_RLE);
}

/** True when no label exceeds 255. */
function allFitBytes(data: Uint16Array | Uint8Array): boolean {
  if (data instanceof Uint8Array) return true;
  // All bits that occur, without a branch for each voxel.
  let bits = 0;
  for (let i = 0; i < data.length; i++) bits |= data[i];
  return bits < 256;
}

function storeIntegers(
  path: string,
  volume: Volume,
  type: "uint8" | "int16" | "uint16",
  slope: number,
  intercept: number,
  buffer: ArrayBuffer,
  start: number,
): void {
  const [ranges, arrays] = [
    { uint8: [0, 255], int16: [-32768, 32767], uint16: [0, 65535] },
    { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array },
  ];
  const [low, high] = ranges[type];
  const voxels = new arrays[type](buffer, start, volume.data.length);
  for (let i = 0; i < voxels.length; i++) {
    const units = (volume.data[i] - intercept) / slope;
    if (!(units >= low - 0.5 && units < high + 0.5)) {
      throw doesNotFit(path, type, volume.data[i], "Write it as float32, or give another slope");
    }
    // Math.round, several times as fast: from a positive number on, to cut off is to round down.
    voxels[i] = (units + (0.5 - low) | 0) + low;
  }
}

function doesNotFit(path: string, type: string, value: number, remedy: string): UserError {
  return new UserError({
    what: `cannot write ${path}`,
    rule: `every value must fit ${type} after scaling`,
    seen: String(value),
    remedy,
  });
}

function checkLength({ shape, data }: Grid & { readonly data: ArrayLike<number> }): void {
  if (data.length === voxelCount(shape)) return;
  throw new RangeError(`${data.length} values do not fill ${shape.join(" x ")} voxels`);
}

/** The bytes of a file with its header filled in and its voxels still 0. */
function layOut(
  path: string,
  grid: Grid,
  type: "uint8" | "int16" | "uint16" | "float32",
  scaling: { slope: number; intercept: number },
  like: NiftiHeader | undefined,
): { file: Uint8Array<ArrayBuffer>; voxelStart: number } {
  if (!/\.nii(\.gz)?$/i.test(path)) {
    throw new UserError({
      what: `cannot write ${path}`,
      rule: "the name of a NIfTI file must end in .nii or .nii.gz",
      remedy: "Give another name",
    });
  }
  const count = voxelCount(grid.shape);
  if (like) checkGrid(path, grid, like);
  const isLarge = Math.max(...grid.shape) > largestNifti1Axis;
  const version = isLarge ? 2 : like?.version ?? 1;
  // Four bytes after the header say that no extensions follow.
  const voxelStart = headerBytes[version] + 4;
  const file = new Uint8Array(voxelStart + count * niftiTypes[type].bytes);
  const view = new DataView(file.buffer);
  const fields = version === 1 ? nifti1Fields : nifti2Fields;
  fields.writeFixed(view, grid.shape, type, voxelStart, scaling);
  if (like && like.version === version) copyGeometry(view, like, fields.geometry);
  else writeGeometry(view, grid, fields);
  return { file, voxelStart };
}

function checkGrid(path: string, grid: Grid, like: NiftiHeader): void {
  const what = `cannot write ${path} with the geometry of another file`;
  const remedy = "Bring the volume back to the grid of that file first";
  if (grid.shape.some((size, axis) => size !== like.shape[axis])) {
    throw new UserError({
      what,
      rule: `its shape must be ${like.shape.join(" x ")}`,
      seen: grid.shape.join(" x "),
      remedy,
    });
  }
  const distance = affineDistanceMm(grid.affine, affineOfHeader(like, "that file"), grid.shape);
  if (!(distance <= gridToleranceMm)) {
    throw new UserError({
      what,
      rule: `its voxels must lie within ${gridToleranceMm} mm of those of that file`,
      seen: `${distance} mm away`,
      remedy,
    });
  }
}

/** Copies the fields that place the voxels, as bits: a float's last bit and a NaN's payload too. */
function copyGeometry(view: DataView, like: NiftiHeader, runs: readonly FieldRun[]): void {
  const target = new Uint8Array(view.buffer);
  for (const { at, count, bytes } of runs) {
    for (let start = at; start < at + count * bytes; start += bytes) {
      target.set(like.bytes.subarray(start, start + bytes), start);
      if (!like.littleEndian) target.subarray(start, start + bytes).reverse();
    }
  }
}

function writeGeometry(view: DataView, grid: Grid, fields: HeaderFields): void {
  const { affine } = grid;
  const spacing = spacingMm(grid);
  const rotation = rotationWithoutShear(affine, spacing);
  const qfac = determinant3(linearPart(affine)) < 0 ? -1 : 1;
  [qfac, ...spacing, 1, 1, 1, 1].forEach((value, i) => {
    fields.setFloat(view, fields.pixdim, i, value);
  });
  fields.setCode(view, fields.units, unitsMm);
  fields.setCode(view, fields.sformCode, xformScanner);
  affine.slice(0, 12).forEach((value, i) => fields.setFloat(view, fields.srow, i, value));
  if (rotation === null) return;
  fields.setCode(view, fields.qformCode, xformScanner);
  const proper = rotation.map((value, i) => i % 3 === 2 ? value * qfac : value);
  [...quaternionOfRotation(proper).slice(1), affine[3], affine[7], affine[11]].forEach(
    (value, i) => fields.setFloat(view, fields.quaternion, i, value),
  );
}

/** The affine's columns as unit vectors, or `null` when they are not orthogonal. */
function rotationWithoutShear(affine: Affine, spacing: Triple): number[] | null {
  const unit = linearPart(affine).map((value, i) => value / spacing[i % 3]);
  const dot = (a: number, b: number) =>
    unit[a] * unit[b] + unit[a + 3] * unit[b + 3] + unit[a + 6] * unit[b + 6];
  const isOrthogonal = [dot(0, 1), dot(0, 2), dot(1, 2)].every((d) => Math.abs(d) < 1e-6);
  return isOrthogonal ? unit : null;
}

async function writeFile(
  path: string,
  file: Uint8Array<ArrayBuffer>,
  strategy: number = constants.Z_DEFAULT_STRATEGY,
): Promise<void> {
  if (!path.toLowerCase().endsWith(".gz")) return await writeAtomic(path, file);
  const compressed = await promisify(gzip)(Buffer.from(file.buffer), { strategy });
  // The byte that names the operating system would make the same data differ between machines.
  compressed[9] = 255;
  await writeAtomic(path, compressed);
}
