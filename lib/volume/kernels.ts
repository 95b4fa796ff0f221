import { nativeLibrary } from "./native_library.ts";
import type { AxisKernel } from "./sampling_kernel.ts";
import { scriptKernels } from "./script_kernels.ts";
import type { Triple } from "./volume.ts";
import type { StoredValues } from "./voxel_decoder.ts";

/** A plane that {@linkcode VolumeKernels.resamplePlane} reads, and where its results go. */
export interface PlaneWork {
  /** Holds the plane from index `start` on, in rows of `width` values. */
  readonly values: Float32Array;
  readonly start: number;
  readonly width: number;
  /** The columns that the kernel along x touches. */
  readonly columns: { readonly from: number; readonly to: number };
  readonly alongX: AxisKernel;
  readonly alongY: AxisKernel;
  /** The plane after y: rows of the touched columns. */
  readonly rows: Float32Array;
  /** The plane after y and x. */
  readonly result: Float32Array;
}

/** A plane of labels, and where the mask of some of them goes. */
export interface MaskWork {
  /** The plane, in rows of `width` labels. */
  readonly labels: Uint16Array;
  readonly width: number;
  /** The part of the plane that is looked at and written. */
  readonly columns: { readonly from: number; readonly to: number };
  readonly rows: { readonly from: number; readonly to: number };
  /** The labels of the mask. */
  readonly values: Uint16Array;
  /** As large as the plane. */
  readonly result: Float32Array;
}

/** Values on a grid, and the place of the values that an affine map takes of them. */
export interface AffineWork {
  /** `[z, y, x, channels]` in C order. */
  readonly source: Float32Array;
  /** Voxels along x, y, z, of source and result. */
  readonly shape: Triple;
  readonly channels: number;
  /** Rows of three: source index of x, y, z of a result's voxel index. */
  readonly matrix: Float64Array;
  /** Three numbers, added to it. */
  readonly offset: Float64Array;
  readonly result: Float32Array;
}

/** A change of brightness and contrast with noise from a table. */
export interface ContrastWork {
  /** Changed in place. */
  readonly values: Float32Array;
  readonly contrast: number;
  readonly offset: number;
  /** 8192 values to draw from. */
  readonly noise: Float32Array;
  /** Bits 0 to 12 say where in the table the noise of a value lies, 13 to 25 that of the next one. */
  readonly places: Uint32Array;
}

/** A stack of slices, and where its projections along the stack go. */
export interface SlicesWork {
  readonly values: Float32Array;
  /** `[outer, slices, inner]` of the values, the last fastest. */
  readonly shape: Triple;
  readonly along: AxisKernel;
  /** `[along.length, outer, inner]` */
  readonly result: Float32Array;
}

/** Values as a file stores them, and where what they mean goes. */
export interface ScaleWork {
  readonly values: StoredValues;
  readonly slope: number;
  readonly intercept: number;
  readonly result: Float32Array;
  /** Index of the result that the first value goes to. */
  readonly start: number;
}

/** The inner loops over a scan's voxels, of which there are two versions with equal results. */
export interface VolumeKernels {
  /** Writes `value * slope + intercept`, in double precision before it is rounded. */
  scale(work: ScaleWork): void;
  /** Copies labels of a byte each to those of `result` from index `start` on. */
  widenLabels(values: Uint8Array, result: Uint16Array, start: number): void;
  /** Writes which rows of `width` values each hold anything but 0: 1, else 0. */
  rowsSet(values: Uint8Array | Uint16Array, width: number, isSet: Uint8Array): void;
  /** Applies one kernel along y, then one along x. */
  resamplePlane(work: PlaneWork): void;
  /** Writes 1 where a label is one of the values and 0 elsewhere; returns whether there is any. */
  maskPlane(work: MaskWork): boolean;
  /** Adds `weight` times the values to those of `result` from index `start` on. */
  addScaled(result: Float32Array, start: number, values: Float32Array, weight: number): void;
  /** Writes `(value - low) * scale`, cut off at 0 and 1, with 0 for NaN. */
  window(values: Float32Array, low: number, scale: number, result: Float32Array): void;
  /**
   * Replaces values by those of a curve that is given at equal steps of [0, 1] and once more at its
   * end, linear in between. The values must be in [0, 1]: no other is looked for, and none may be NaN.
   */
  applyCurve(values: Float32Array, curve: Float32Array): void;
  /** Writes `value * contrast + offset + noise`, cut off at 0 and 1. */
  changeContrast(work: ContrastWork): void;
  /** Fills `result` trilinearly; beyond the border the border's values go on. */
  resampleAffine(work: AffineWork): void;
  /** Fills `result` with what the kernel makes of each line of slices. */
  projectSlices(work: SlicesWork): void;
}

/** The compiled version where it is built, else that in TypeScript. */
export function volumeKernels(): VolumeKernels {
  return nativeLibrary()?.kernels ?? scriptKernels;
}
