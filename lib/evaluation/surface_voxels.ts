import type { Box3 } from "../volume/box.ts";
import type { Mask, Triple } from "../volume/volume.ts";

/** The surface voxels of a mask within a part of its volume. */
export interface SurfaceVoxels {
  /** 1 at a surface voxel, in x-fastest order over the part. */
  readonly isSurface: Uint8Array;
  /** Shape of the part. */
  readonly shape: Triple;
  /** Indices of the surface voxels in `isSurface`, ascending. */
  readonly indices: Int32Array;
}

/**
 * The voxels that an erosion with the 6-neighbourhood removes: those of the mask with at least one
 * face neighbour outside it. Beyond the volume's border all is outside, so that an organ cut off by
 * the field of view has a surface there (as in MedPy and MONAI). An axis of one voxel has no
 * neighbours: a single slice has the 4-neighbourhood's contour.
 *
 * @param part whole voxels; must hold every voxel of the mask
 */
export function surfaceVoxels(mask: Mask, part: Box3): SurfaceVoxels {
  const { data, shape: [nx, ny, nz] } = mask;
  const shape: Triple = [
    part.max[0] - part.min[0],
    part.max[1] - part.min[1],
    part.max[2] - part.min[2],
  ];
  const isSurface = new Uint8Array(shape[0] * shape[1] * shape[2]);
  const indices = new Int32Array(isSurface.length);
  // Along an axis of one voxel a step of 0 makes the voxel its own neighbour, which is inside.
  const [stepX, stepY, stepZ] = [nx > 1 ? 1 : 0, ny > 1 ? nx : 0, nz > 1 ? nx * ny : 0];
  const isAlone = nx * ny * nz === 1; // without any neighbour: the only voxel has a surface, too
  let count = 0;
  for (let z = 0; z < shape[2]; z++) {
    const atEndZ = isEnd(z + part.min[2], nz);
    for (let y = 0; y < shape[1]; y++) {
      const atEnd = atEndZ || isEnd(y + part.min[1], ny);
      const first = part.min[0] + nx * (y + part.min[1] + ny * (z + part.min[2]));
      const to = shape[0] * (y + shape[1] * z);
      for (let x = 0; x < shape[0]; x++) {
        const at = first + x;
        if (data[at] === 0) continue;
        const isInside = !isAlone && !atEnd && !isEnd(x + part.min[0], nx) &&
          (data[at - stepX] & data[at + stepX] & data[at - stepY] & data[at + stepY] &
              data[at - stepZ] & data[at + stepZ]) !== 0;
        if (isInside) continue;
        isSurface[to + x] = 1;
        indices[count++] = to + x;
      }
    }
  }
  return { isSurface, shape, indices: indices.slice(0, count) };
}

/** True for the first and the last of several voxels along an axis. */
function isEnd(place: number, length: number): boolean {
  return length > 1 && (place === 0 || place === length - 1);
}
