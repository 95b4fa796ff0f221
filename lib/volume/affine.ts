import type { Box3 } from "./box.ts";
import type { Affine, Triple } from "./volume.ts";

/** Where the affine takes a point in voxel-index coordinates (voxel i has its centre at i); mm. */
export function applyAffine(affine: Affine, point: Triple): Triple {
  const [x, y, z] = point;
  const row = (r: number) => affine[r] * x + affine[r + 1] * y + affine[r + 2] * z + affine[r + 3];
  return [row(0), row(4), row(8)];
}

/** The affine that applies `inner` first and `outer` then. */
export function composeAffines(outer: Affine, inner: Affine): Affine {
  const product: number[] = [];
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += outer[4 * row + k] * inner[4 * k + column];
      product.push(sum);
    }
  }
  return product;
}

/** An affine without rotation: scales along the axes, then a shift. */
export function scaleAndShift(scale: Triple, shift: Triple): Affine {
  return [
    ...[scale[0], 0, 0, shift[0]],
    ...[0, scale[1], 0, shift[1]],
    ...[0, 0, scale[2], shift[2]],
    ...[0, 0, 0, 1],
  ];
}

/** The determinant of a 3 x 3 matrix in row-major order. */
export function determinant3(m: readonly number[]): number {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) -
    m[1] * (m[3] * m[8] - m[5] * m[6]) +
    m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/** The upper left 3 x 3 part of an affine, in row-major order. */
export function linearPart(affine: Affine): number[] {
  return [0, 1, 2, 4, 5, 6, 8, 9, 10].map((i) => affine[i]);
}

/**
 * The inverse: millimetres to voxel-index coordinates.
 *
 * @throws RangeError when the affine is singular
 */
export function invertAffine(affine: Affine): Affine {
  const inverse = invert3(linearPart(affine));
  const shift = [affine[3], affine[7], affine[11]];
  const row = (r: number) => {
    const [a, b, c] = inverse.slice(3 * r, 3 * r + 3);
    return [a, b, c, -(a * shift[0] + b * shift[1] + c * shift[2])];
  };
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/**
 * The inverse of a 3 x 3 matrix in row-major order.
 *
 * @throws RangeError when it is singular
 */
export function invert3(m: readonly number[]): number[] {
  const determinant = determinant3(m);
  if (determinant === 0 || !Number.isFinite(determinant)) {
    throw new RangeError("a singular matrix has no inverse");
  }
  return [
    m[4] * m[8] - m[5] * m[7],
    m[2] * m[7] - m[1] * m[8],
    m[1] * m[5] - m[2] * m[4],
    m[5] * m[6] - m[3] * m[8],
    m[0] * m[8] - m[2] * m[6],
    m[2] * m[3] - m[0] * m[5],
    m[3] * m[7] - m[4] * m[6],
    m[1] * m[6] - m[0] * m[7],
    m[0] * m[4] - m[1] * m[3],
  ].map((cofactor) => cofactor / determinant);
}

/**
 * How far apart two affines place the voxels of a grid at most, in mm: the largest distance at the
 * eight corner voxels, which bounds the distance at every voxel.
 */
export function affineDistanceMm(a: Affine, b: Affine, shape: Triple): number {
  let largest = 0;
  for (let corner = 0; corner < 8; corner++) {
    const at = (axis: 0 | 1 | 2) => (corner >> axis) & 1 ? shape[axis] - 1 : 0;
    const voxel: Triple = [at(0), at(1), at(2)];
    const [p, q] = [applyAffine(a, voxel), applyAffine(b, voxel)];
    const distance = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
    if (!(distance <= largest)) largest = distance;
  }
  return largest;
}

/** The affine of a grid of `shape` cells that divide a box of another grid evenly. */
export function affineOfBox(affine: Affine, boxVoxels: Box3, shape: Triple): Affine {
  const step = (axis: 0 | 1 | 2) => (boxVoxels.max[axis] - boxVoxels.min[axis]) / shape[axis];
  const scale: Triple = [step(0), step(1), step(2)];
  // Voxel i covers [i, i + 1), so a voxel's index is half a voxel below its centre's coordinate.
  const first = (axis: 0 | 1 | 2) => boxVoxels.min[axis] + scale[axis] / 2 - 0.5;
  return composeAffines(affine, scaleAndShift(scale, [first(0), first(1), first(2)]));
}
