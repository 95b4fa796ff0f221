import type { Random } from "../../lib/random.ts";
import type { Mask, Triple } from "../../lib/volume/volume.ts";

/** A mask of the voxels for which `inside` holds. */
export function maskWhere(
  shape: Triple,
  spacing: Triple,
  inside: (x: number, y: number, z: number) => boolean,
): Mask {
  const data = new Uint8Array(shape[0] * shape[1] * shape[2]);
  let i = 0;
  for (let z = 0; z < shape[2]; z++) {
    for (let y = 0; y < shape[1]; y++) {
      for (let x = 0; x < shape[0]; x++, i++) data[i] = inside(x, y, z) ? 1 : 0;
    }
  }
  const [sx, sy, sz] = spacing;
  return { shape, affine: [sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, sz, 0, 0, 0, 0, 1], data };
}

/** A ball: all voxels whose centres lie within the radius, both in mm from the first voxel's. */
export function ball(shape: Triple, spacing: Triple, radius: number, centre: Triple): Mask {
  return maskWhere(shape, spacing, (x, y, z) => {
    const [dx, dy, dz] = [x, y, z].map((place, axis) => place * spacing[axis] - centre[axis]);
    return dx * dx + dy * dy + dz * dz <= radius * radius;
  });
}

/** A mask of independent voxels. */
export function randomMask(shape: Triple, spacing: Triple, density: number, random: Random): Mask {
  return maskWhere(shape, spacing, () => random.chance(density));
}
