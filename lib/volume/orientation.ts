import { UserError } from "../errors.ts";
import { composeAffines, determinant3, invert3, linearPart, scaleAndShift } from "./affine.ts";
import { type Affine, type Grid, stridesOf, type Triple, voxelCount } from "./volume.ts";

/** How the axes of a file's grid lie in the patient, and the grid itself, for the way back. */
export interface Orientation {
  /** `axes[i]` is the axis of the patient (0 right, 1 front, 2 head) that file axis i follows. */
  readonly axes: Triple;
  /** `flips[i]` is true when file axis i runs against that direction. */
  readonly flips: readonly [boolean, boolean, boolean];
  /** The file's grid. */
  readonly grid: Grid;
}

/** A grid with one number per voxel: an image, labels or a mask. */
export interface VoxelGrid extends Grid {
  readonly data: Float32Array | Uint16Array | Uint8Array;
}

/**
 * The orientation of a grid by nibabel's rule (`io_orientation`, 5.4): the rotation nearest to the
 * affine is found, and each voxel axis, the one most nearly parallel to an axis of the patient
 * first, is given the nearest axis of the patient that is still free. At 45 degrees, where two are as
 * near, the first is taken, so that a rounding error in a header does not turn labels away from their
 * image.
 *
 * @throws UserError when the affine is singular
 */
export function orientationOf(grid: Grid): Orientation {
  const rotation = nearestRotation(grid.affine);
  const strength = (column: number) =>
    Math.max(...[0, 1, 2].map((row) => rotation[3 * row + column] ** 2));
  const strengths = [strength(0), strength(1), strength(2)];
  const order = [0, 1, 2].sort((a, b) => {
    const difference = strengths[b] - strengths[a];
    return Math.abs(difference) > asNear ? difference : a - b;
  });
  const axes: [number, number, number] = [0, 0, 0];
  const flips: [boolean, boolean, boolean] = [false, false, false];
  const free = new Set([0, 1, 2]);
  for (const column of order) {
    let best = -1;
    for (const row of free) {
      const size = Math.abs(rotation[3 * row + column]);
      if (best < 0 || size > Math.abs(rotation[3 * best + column]) + asNear) best = row;
    }
    free.delete(best);
    axes[column] = best;
    flips[column] = rotation[3 * best + column] < 0;
  }
  return { axes, flips, grid: { shape: grid.shape, affine: grid.affine } };
}

/** Cosines that differ by less are equal: an angle of 0.006 degrees, more than headers are rounded by. */
const asNear = 1e-4;

/** The letters of the directions in which the axes run: "RAS", "LPS", "PIR". */
export function orientationLetters(orientation: Orientation): string {
  const letters = [["R", "L"], ["A", "P"], ["S", "I"]];
  return orientation.axes.map((axis, i) => letters[axis][orientation.flips[i] ? 1 : 0]).join("");
}

/**
 * The volume with its axes permuted and flipped so that x runs to the right, y to the front and z
 * to the head as nearly as its obliqueness allows. No value is changed and none is computed: an
 * oblique scan stays oblique. A volume that lies so already keeps its data, which is not copied.
 *
 * @throws UserError when the affine is singular
 */
export function toRas<V extends VoxelGrid>(volume: V): { volume: V; orientation: Orientation } {
  const orientation = orientationOf(volume);
  const { axes, flips } = orientation;
  const grid = rasGrid(orientation);
  const strides: [number, number, number] = [0, 0, 0];
  const fileStrides = stridesOf(volume.shape);
  let start = 0;
  for (let axis = 0; axis < 3; axis++) {
    strides[axes[axis]] = flips[axis] ? -fileStrides[axis] : fileStrides[axis];
    if (flips[axis]) start += fileStrides[axis] * (volume.shape[axis] - 1);
  }
  const data = reorder(volume.data, grid.shape, strides, start);
  return { volume: { ...volume, ...grid, data }, orientation };
}

/** The grid that {@linkcode toRas} gives to a volume of this orientation. */
export function rasGrid(orientation: Orientation): Grid {
  const { axes, grid } = orientation;
  const shape: [number, number, number] = [0, 0, 0];
  axes.forEach((axis, i) => shape[axis] = grid.shape[i]);
  return { shape, affine: composeAffines(grid.affine, rasToFile(orientation)) };
}

/**
 * Values on axes that have the order of a file's, but run in the patient's directions already, in
 * RAS order. Where that is their order they are not copied.
 *
 * @param shape values along the file's axes
 */
export function axesToRas<Data extends VoxelGrid["data"]>(
  data: Data,
  shape: Triple,
  { axes }: Orientation,
): Data {
  const rasShape: [number, number, number] = [0, 0, 0];
  const strides: [number, number, number] = [0, 0, 0];
  axes.forEach((axis, i) => {
    rasShape[axis] = shape[i];
    strides[axis] = stridesOf(shape)[i];
  });
  return reorder(data, rasShape, strides, 0);
}

/**
 * The exact inverse of {@linkcode toRas}: a volume on the RAS grid of a file, brought back to the
 * file's own grid, with the file's own affine to the last bit.
 *
 * @throws RangeError when the volume is not on the RAS grid of that orientation
 */
export function fromRas<V extends VoxelGrid>(volume: V, orientation: Orientation): V {
  const { axes, flips, grid } = orientation;
  const rasStrides = stridesOf(volume.shape);
  const strides: [number, number, number] = [0, 0, 0];
  let start = 0;
  for (let axis = 0; axis < 3; axis++) {
    const rasAxis = axes[axis];
    if (volume.shape[rasAxis] !== grid.shape[axis]) {
      throw new RangeError(
        `a volume of shape ${volume.shape.join(" x ")} is not on the RAS grid of a file of shape ${
          grid.shape.join(" x ")
        }`,
      );
    }
    strides[axis] = flips[axis] ? -rasStrides[rasAxis] : rasStrides[rasAxis];
    if (flips[axis]) start += rasStrides[rasAxis] * (grid.shape[axis] - 1);
  }
  const data = reorder(volume.data, grid.shape, strides, start);
  return { ...volume, shape: grid.shape, affine: grid.affine, data };
}

/** Takes a voxel index of the RAS grid to the voxel's index in the file. */
function rasToFile({ axes, flips, grid }: Orientation): Affine {
  const matrix = Array.from(scaleAndShift([0, 0, 0], [0, 0, 0]));
  for (let axis = 0; axis < 3; axis++) {
    matrix[4 * axis + axes[axis]] = flips[axis] ? -1 : 1;
    matrix[4 * axis + 3] = flips[axis] ? grid.shape[axis] - 1 : 0;
  }
  return matrix;
}

/** Gathers voxels: x, y, z of the result step through `data` by the strides, from `start` on. */
function reorder<Data extends VoxelGrid["data"]>(
  data: Data,
  shape: Triple,
  strides: Triple,
  start: number,
): Data {
  const [width, height, depth] = shape;
  if (strides.every((stride, axis) => stride === stridesOf(shape)[axis])) return data;
  const result = new (data.constructor as new (length: number) => Data)(voxelCount(shape));
  let to = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      let from = start + z * strides[2] + y * strides[1];
      for (let x = 0; x < width; x++, from += strides[0]) result[to++] = data[from];
    }
  }
  return result;
}

/**
 * The orthogonal matrix nearest to the affine's normalized columns: its polar factor, by Newton's
 * iteration (Higham, Computing the polar decomposition, 1986).
 */
function nearestRotation(affine: Affine): number[] {
  const linear = linearPart(affine);
  const lengths = [0, 1, 2].map((c) => Math.hypot(linear[c], linear[c + 3], linear[c + 6]));
  let matrix = linear.map((value, i) => value / lengths[i % 3]);
  if (!(Math.abs(determinant3(matrix)) > 0)) {
    throw new UserError({
      what: "cannot orient a volume",
      rule: "its affine must not be singular",
      seen: `[${affine.join(", ")}]`,
      remedy: "Convert the image again from its source, or correct its header",
    });
  }
  for (let iteration = 0; iteration < 100; iteration++) {
    const inverse = invert3(matrix);
    const next = matrix.map((value, i) => (value + inverse[3 * (i % 3) + Math.floor(i / 3)]) / 2);
    const change = Math.max(...next.map((value, i) => Math.abs(value - matrix[i])));
    matrix = next;
    if (change < 1e-14) break;
  }
  return matrix;
}
