import { UserError } from "../errors.ts";
import { determinant3, linearPart } from "./affine.ts";
import type { NiftiHeader } from "./nifti_header.ts";
import { rotationOfQuaternion } from "./quaternion.ts";
import type { Affine, Triple } from "./volume.ts";

/** Smallest volume of the parallelepiped of unit vectors along the voxel axes that is accepted. */
const minUnitVolume = 1e-6;

/**
 * The affine of a header by nibabel's rules (`Nifti1Header.get_best_affine`): the sform if its code
 * is positive, else the qform if its code is positive, else voxel sizes with the volume's centre at
 * the origin and the x axis pointing left. Codes other than 1 .. 5 count as 0, a qfac other than -1
 * as 1. Shear and obliqueness are kept. Units are taken to be mm, whatever xyzt_units says.
 *
 * Stricter than nibabel: a voxel size that is needed and not positive is not repaired to 1 mm.
 *
 * @throws UserError when the affine that the rules choose is not usable: not finite, singular,
 *   quaternion longer than 1, voxel size not positive
 */
export function affineOfHeader(header: NiftiHeader, path: string): Affine {
  const name = isTransformCode(header.sformCode)
    ? "sform"
    : isTransformCode(header.qformCode)
    ? "qform"
    : "pixdim";
  const affine = name === "sform"
    ? [...header.srow, 0, 0, 0, 1]
    : name === "qform"
    ? qformAffine(header, path)
    : baseAffine(header, path);
  checkAffine(affine, name, path);
  return affine;
}

function isTransformCode(code: number): boolean {
  return code >= 1 && code <= 5;
}

function qformAffine(header: NiftiHeader, path: string): Affine {
  const size = voxelSizes(header, path);
  const rotation = headerRotation(header, path);
  const qfac = header.pixdim[0] === -1 ? -1 : 1;
  const scale = [size[0], size[1], qfac * size[2]];
  const row = (r: number) => [
    rotation[3 * r] * scale[0],
    rotation[3 * r + 1] * scale[1],
    rotation[3 * r + 2] * scale[2],
    header.qoffset[r],
  ];
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/** nibabel's fillpositive and quat2mat: rounding above a norm of 1 is forgiven, more is not. */
function headerRotation(header: NiftiHeader, path: string): number[] {
  const [x, y, z] = header.quaternion;
  const tolerance = 3 * (header.version === 1 ? 2 ** -23 : 2 ** -52);
  const square = 1 - (x * x + y * y + z * z);
  if (!(square > -tolerance)) {
    throw fault(
      path,
      "the quaternion of the qform must have a norm of at most 1",
      String(Math.hypot(x, y, z)),
    );
  }
  return rotationOfQuaternion([square < tolerance ? 0 : Math.sqrt(square), x, y, z]);
}

function baseAffine(header: NiftiHeader, path: string): Affine {
  const [dx, dy, dz] = voxelSizes(header, path);
  const centre = (axis: number) => (header.shape[axis] - 1) / 2;
  return [
    ...[-dx, 0, 0, dx * centre(0)],
    ...[0, dy, 0, -dy * centre(1)],
    ...[0, 0, dz, -dz * centre(2)],
    ...[0, 0, 0, 1],
  ];
}

function voxelSizes(header: NiftiHeader, path: string): Triple {
  const size = (axis: 1 | 2 | 3) => {
    const stored = header.pixdim[axis];
    // A file of fewer than three axes need not say how thick its only slice is.
    if (stored === 0 && header.shape[axis - 1] === 1) return 1;
    if (stored > 0 && Number.isFinite(stored)) return stored;
    throw fault(
      path,
      `without an sform, pixdim[${axis}] must be a positive voxel size in mm`,
      String(stored),
    );
  };
  return [size(1), size(2), size(3)];
}

function checkAffine(affine: Affine, name: string, path: string): void {
  const seen = `[${affine.slice(0, 12).join(", ")}]`;
  if (!affine.every(Number.isFinite)) {
    throw fault(path, `the affine of the ${name} must be finite`, seen);
  }
  const linear = linearPart(affine);
  const lengths = [0, 1, 2].map((c) => Math.hypot(linear[c], linear[c + 3], linear[c + 6]));
  const unitVolume = Math.abs(determinant3(linear)) / (lengths[0] * lengths[1] * lengths[2]);
  if (!(unitVolume > minUnitVolume)) {
    throw fault(path, `the affine of the ${name} must not be singular`, seen);
  }
}

function fault(path: string, rule: string, seen: string): UserError {
  return new UserError({
    what: `cannot place ${path} in space`,
    rule,
    seen,
    remedy: "Convert the image again from its source, or correct its header",
  });
}
