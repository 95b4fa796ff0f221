import { UserError } from "../errors.ts";
import { determinant3, linearPart } from "./affine.ts";

/** Three numbers in the order of the volume's axes x, y, z. */
export type Triple = readonly [number, number, number];

/**
 * A 4 x 4 matrix in row-major order that takes a voxel index (x, y, z, 1) to millimetres in RAS+
 * (x to the right, y to the front, z to the head of the patient).
 */
export type Affine = readonly number[];

/** Where the voxels of a volume lie in space. */
export interface Grid {
  /** Voxels along x, y, z. */
  readonly shape: Triple;
  readonly affine: Affine;
}

/**
 * A scalar image. `data[x + shape[0] * (y + shape[1] * z)]` is voxel (x, y, z): x runs fastest, as
 * in a NIfTI file, so that the same buffer is a C-order tensor `[z, y, x]` without a copy.
 */
export interface Volume extends Grid {
  readonly data: Float32Array;
}

/** Integer label values on a grid, in the same order as {@linkcode Volume}. 0 is background. */
export interface LabelVolume extends Grid {
  readonly data: Uint16Array;
}

/** One bit of information per voxel, 0 or 1, in the same order as {@linkcode Volume}. */
export interface Mask extends Grid {
  readonly data: Uint8Array;
}

/** Steps in the data from a voxel to its next along x, y and z. */
export function stridesOf(shape: Triple): Triple {
  return [1, shape[0], shape[0] * shape[1]];
}

/** Number of voxels. */
export function voxelCount(shape: Triple): number {
  return shape[0] * shape[1] * shape[2];
}

/** Edge lengths of a voxel in mm: the norms of the affine's first three columns. */
export function spacingMm(grid: Grid): Triple {
  const a = grid.affine;
  return [
    Math.hypot(a[0], a[4], a[8]),
    Math.hypot(a[1], a[5], a[9]),
    Math.hypot(a[2], a[6], a[10]),
  ];
}

/**
 * Volume of a voxel in mm3: the determinant of the affine's linear part, without its sign. For axes at
 * right angles it is the product of the edges, for a sheared grid it is less.
 */
export function voxelMm3({ affine }: Pick<Grid, "affine">): number {
  return Math.abs(determinant3(linearPart(affine)));
}

/** The voxels whose label value is one of `values`. */
export function maskOfLabels(labels: LabelVolume, values: readonly number[]): Mask {
  const wanted = new Uint8Array(65536);
  for (const value of values) {
    if (!Number.isInteger(value) || value < 1 || value > 65535) {
      throw new UserError({
        what: "cannot select a label",
        rule: "a label value is an integer in 1 .. 65535",
        seen: String(value),
        remedy: "Name the organ by the label values that its data set declares",
      });
    }
    wanted[value] = 1;
  }
  const data = new Uint8Array(labels.data.length);
  for (let i = 0; i < data.length; i++) data[i] = wanted[labels.data[i]];
  return { shape: labels.shape, affine: labels.affine, data };
}
