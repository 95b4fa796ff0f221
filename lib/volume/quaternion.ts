/** A unit quaternion w, x, y, z. */
export type Quaternion = readonly [number, number, number, number];

/** The rotation matrix, 3 x 3 in row-major order, of a quaternion of any norm but 0. */
export function rotationOfQuaternion([w, x, y, z]: Quaternion): number[] {
  const s = 2 / (w * w + x * x + y * y + z * z);
  return [
    ...[1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
    ...[s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
    ...[s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
  ];
}

/**
 * The unit quaternion, with w >= 0, of a rotation matrix (determinant 1, row-major order), by the
 * largest of its four squared components (Shepperd, Quaternion from rotation matrix, 1978).
 */
export function quaternionOfRotation(m: readonly number[]): Quaternion {
  const squares = [
    1 + m[0] + m[4] + m[8],
    1 + m[0] - m[4] - m[8],
    1 - m[0] + m[4] - m[8],
    1 - m[0] - m[4] + m[8],
  ];
  const [a, b, c] = [m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  const [d, e, f] = [m[1] + m[3], m[2] + m[6], m[5] + m[7]];
  const rows = [
    [squares[0], a, b, c],
    [a, squares[1], d, e],
    [b, d, squares[2], f],
    [c, e, f, squares[3]],
  ];
  const largest = squares.indexOf(Math.max(...squares));
  const row = rows[largest];
  const norm = Math.hypot(...row) * (row[0] < 0 ? -1 : 1);
  return [row[0] / norm, row[1] / norm, row[2] / norm, row[3] / norm];
}
