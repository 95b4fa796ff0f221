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
  const [nx, ny] = mask.shape;
  const shape: Triple = [
    part.max[0] - part.min[0],
    part.max[1] - part.min[1],
    part.max[2] - part.min[2],
  ];
  const isSurface = new Uint8Array(shape[0] * shape[1] * shape[2]);
  const steps: Triple = [1, nx, nx * ny];
  const axes = ([0, 1, 2] as const).filter((axis) => mask.shape[axis] > 1);
  const place = [0, 0, 0];
  let count = 0;
  let to = 0;
  for (let z = 0; z < shape[2]; z++) {
    place[2] = z + part.min[2];
    for (let y = 0; y < shape[1]; y++) {
      place[1] = y + part.min[1];
      let from = part.min[0] + nx * (place[1] + ny * place[2]);
      for (let x = 0; x < shape[0]; x++, from++, to++) {
        if (mask.data[from] === 0) continue;
        place[0] = x + part.min[0];
        for (const axis of axes) {
          const before = place[axis] > 0 ? mask.data[from - steps[axis]] : 0;
          const after = place[axis] + 1 < mask.shape[axis] ? mask.data[from + steps[axis]] : 0;
          if (before !== 0 && after !== 0) continue;
          isSurface[to] = 1;
          count++;
          break;
        }
      }
    }
  }
  return { isSurface, shape, indices: indicesOf(isSurface, count) };
}

function indicesOf(flags: Uint8Array, count: number): Int32Array {
  const indices = new Int32Array(count);
  let next = 0;
  for (let i = 0; next < count; i++) if (flags[i] !== 0) indices[next++] = i;
  return indices;
}
