import type { IndexMap } from "../volume/affine_resample.ts";
import type { Triple } from "../volume/volume.ts";

/** How a volume moves about its centre; index triples are of x, y, z. */
export interface Motion {
  /** Rotation about each axis, that about x first. */
  readonly degrees: Triple;
  /** What each axis is multiplied by. */
  readonly sizes: Triple;
  /** In voxels. */
  readonly shifts: Triple;
}

/** Where the voxels of a volume that has moved come from. */
export function motionMap(shape: Triple, { degrees, sizes, shifts }: Motion): IndexMap {
  const rotation = multiply(
    rotationAbout(2, degrees[2]),
    multiply(rotationAbout(1, degrees[1]), rotationAbout(0, degrees[0])),
  );
  const matrix = rotation.map((value, i) => value / sizes[i % 3]);
  const center = shape.map((edge) => (edge - 1) / 2);
  const offset = center.map((middle, row) =>
    middle + shifts[row] - matrix[3 * row] * center[0] - matrix[3 * row + 1] * center[1] -
    matrix[3 * row + 2] * center[2]
  );
  return { matrix, offset: [offset[0], offset[1], offset[2]] };
}

function rotationAbout(axis: number, degrees: number): number[] {
  const [cos, sin] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
  const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
  const matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  matrix[3 * u + u] = cos;
  matrix[3 * u + v] = -sin;
  matrix[3 * v + u] = sin;
  matrix[3 * v + v] = cos;
  return matrix;
}

function multiply(a: readonly number[], b: readonly number[]): number[] {
  return a.map((_, i) => {
    const [row, column] = [3 * Math.floor(i / 3), i % 3];
    return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column];
  });
}
