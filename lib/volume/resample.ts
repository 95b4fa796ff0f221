import { affineOfBox } from "./affine.ts";
import type { Box3 } from "./box.ts";
import { volumeKernels } from "./kernels.ts";
import { type Kernels, PlaneResampler } from "./plane_resampler.ts";
import {
  type Kernel,
  nearestVoxels,
  samplingKernel,
  touchedRange,
  triangleKernel,
} from "./sampling_kernel.ts";
import { type LabelVolume, type Triple, type Volume, voxelCount } from "./volume.ts";

export type { Kernel } from "./sampling_kernel.ts";

/**
 * The box of a volume, divided into `shape` equal cells, sampled at their centres. Half-voxel
 * centred: voxel i covers [i, i + 1), so that a box of whole voxels divided into one cell each is a
 * copy. Where the box reaches beyond the volume, the border's value is held.
 *
 * `linear` is trilinear interpolation; `area` widens its triangle to the cell where cells are
 * larger than voxels, which keeps thin structures and takes noise out.
 *
 * @throws RangeError when the box is empty or not finite, or a count is not a positive integer
 */
export function sampleBox(
  volume: Volume,
  boxVoxels: Box3,
  shape: Triple,
  kernel: Kernel,
): Volume {
  const kernels = kernelsOfBox(volume.shape, boxVoxels, shape, kernel);
  return {
    shape,
    affine: affineOfBox(volume.affine, boxVoxels, shape),
    data: applyKernels(volume.data, volume.shape, kernels),
  };
}

/** The whole volume on a grid of another shape with the same outer faces; see {@linkcode sampleBox}. */
export function resizeVolume(volume: Volume, shape: Triple, kernel: Kernel): Volume {
  return sampleBox(volume, { min: [0, 0, 0], max: volume.shape }, shape, kernel);
}

/**
 * The share of the given label values, taken together, at the samples of {@linkcode sampleBox}: in
 * [0, 1], x fastest.
 *
 * @throws RangeError as {@linkcode sampleBox}
 */
export function sampleLabelsSoft(
  labels: LabelVolume,
  values: readonly number[],
  boxVoxels: Box3,
  shape: Triple,
  kernel: Kernel,
): Float32Array {
  const [width, height] = labels.shape;
  const kernels = kernelsOfBox(labels.shape, boxVoxels, shape, kernel);
  const resampler = new PlaneResampler(width, kernels);
  const [columns, rows, planes] = kernels.map(touchedRange);
  const result = new Float32Array(width * height);
  const wanted = Uint16Array.from(values);
  const { maskPlane } = volumeKernels();
  for (let z = planes.from; z < planes.to; z++) {
    const start = width * height * z;
    const plane = labels.data.subarray(start, start + width * height);
    const isFound = maskPlane({ labels: plane, width, columns, rows, values: wanted, result });
    if (isFound) resampler.add(z, result);
  }
  return resampler.data;
}

/**
 * The labels at the samples of {@linkcode sampleBox}: that of the voxel in which a sample lies (of
 * the nearest border voxel, where it lies beyond the volume).
 *
 * @throws RangeError as {@linkcode sampleBox}
 */
export function sampleLabelsNearest(
  labels: LabelVolume,
  boxVoxels: Box3,
  shape: Triple,
): LabelVolume {
  checkBox(boxVoxels, shape);
  const index = (axis: 0 | 1 | 2) =>
    nearestVoxels(labels.shape[axis], boxVoxels.min[axis], boxVoxels.max[axis], shape[axis]);
  const [xs, ys, zs] = [index(0), index(1), index(2)];
  const data = new Uint16Array(voxelCount(shape));
  let to = 0;
  for (const z of zs) {
    for (const y of ys) {
      const row = labels.shape[0] * (y + labels.shape[1] * z);
      for (let i = 0; i < xs.length; i++) data[to++] = labels.data[row + xs[i]];
    }
  }
  return { shape, affine: affineOfBox(labels.affine, boxVoxels, shape), data };
}

/** Values at the voxels of a part of a grid. */
export interface PlacedBlock {
  /** The grid's voxel that is the block's first. */
  readonly origin: Triple;
  readonly shape: Triple;
  /** x fastest. */
  readonly data: Float32Array;
}

/**
 * The way back of {@linkcode sampleBox}: trilinear values at the centres of the voxels of a grid of
 * shape `target` that lie in the box, from samples at the centres of the box's `shape` cells.
 * Between a face of the box and the nearest samples the samples' value is held. The block is empty
 * (a shape with a 0) when no voxel's centre lies in the box.
 *
 * @throws RangeError as {@linkcode sampleBox}
 */
export function spreadBox(
  values: Float32Array,
  shape: Triple,
  boxVoxels: Box3,
  target: Triple,
): PlacedBlock {
  checkBox(boxVoxels, shape);
  if (values.length !== voxelCount(shape)) {
    throw new RangeError(`${values.length} values do not fill a block of ${shape.join(" x ")}`);
  }
  const range = (axis: 0 | 1 | 2) => {
    const first = Math.max(0, Math.ceil(boxVoxels.min[axis] - 0.5));
    const end = Math.min(target[axis], Math.ceil(boxVoxels.max[axis] - 0.5));
    return { first, length: Math.max(0, end - first) };
  };
  const ranges = [range(0), range(1), range(2)];
  const kernel = (axis: 0 | 1 | 2) => {
    const { first, length } = ranges[axis];
    const step = (boxVoxels.max[axis] - boxVoxels.min[axis]) / shape[axis];
    const centre = (i: number) => (first + i + 0.5 - boxVoxels.min[axis]) / step;
    return triangleKernel(shape[axis], 1, length, centre);
  };
  const isEmpty = ranges.some(({ length }) => length === 0);
  return {
    origin: [ranges[0].first, ranges[1].first, ranges[2].first],
    shape: [ranges[0].length, ranges[1].length, ranges[2].length],
    data: isEmpty
      ? new Float32Array(0)
      : applyKernels(values, shape, [kernel(0), kernel(1), kernel(2)]),
  };
}

function applyKernels(data: Float32Array, shape: Triple, kernels: Kernels): Float32Array {
  const resampler = new PlaneResampler(shape[0], kernels);
  for (let z = 0; z < shape[2]; z++) resampler.add(z, data, shape[0] * shape[1] * z);
  return resampler.data;
}

function kernelsOfBox(source: Triple, boxVoxels: Box3, shape: Triple, kernel: Kernel): Kernels {
  checkBox(boxVoxels, shape);
  const along = (axis: 0 | 1 | 2) =>
    samplingKernel(
      source[axis],
      boxVoxels.min[axis],
      boxVoxels.max[axis],
      shape[axis],
      kernel,
    );
  return [along(0), along(1), along(2)];
}

function checkBox({ min, max }: Box3, shape: Triple): void {
  for (let axis = 0; axis < 3; axis++) {
    if (!(Number.isFinite(min[axis]) && Number.isFinite(max[axis]) && min[axis] < max[axis])) {
      throw new RangeError(
        `a box from (${min.join(", ")}) to (${max.join(", ")}) has no inside to sample`,
      );
    }
    if (!Number.isInteger(shape[axis]) || shape[axis] < 1) {
      throw new RangeError(`a box cannot be divided into ${shape.join(" x ")} cells`);
    }
  }
}
