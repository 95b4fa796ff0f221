import type { Structure } from "./phantom_anatomy.ts";
import type { Triple } from "../volume/volume.ts";

/** Where each voxel lies in the patient, in mm of the patient's frame, x fastest. */
export interface PatientPositions {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
}

/** What the structures leave in the voxels. */
export interface Painting {
  /** Index of the structure on top; -1 outside the body. */
  readonly structure: Int16Array;
  readonly labels: Uint16Array;
}

/** How far roughness, taper and bend together can carry a surface beyond its radii, as a factor. */
const farthest = 1.5;

/** Paints structures over each other, in their order; a structure keeps to what it may replace. */
export function paint(structures: readonly Structure[], positions: PatientPositions): Painting {
  const count = positions.x.length;
  const structure = new Int16Array(count).fill(-1);
  const labels = new Uint16Array(count);
  const inCavity = new Uint8Array(count);
  const isBone = new Uint8Array(count);
  // The abdominal wall's inner side is the third structure: body, wall, cavity.
  const cavity = structures[2];
  for (const [index, one] of structures.entries()) {
    const inside = insideTest(one);
    const [cx, cy, cz] = one.centre;
    const bound = farthest * Math.max(...one.radii);
    for (let i = 0; i < count; i++) {
      const dz = positions.z[i] - cz;
      if (dz > bound || dz < -bound) continue;
      if (one.reach !== "body" && inCavity[i] === 0) continue;
      if (one.reach === "soft" && isBone[i] === 1) continue;
      if (!inside(positions.x[i] - cx, positions.y[i] - cy, dz)) continue;
      structure[i] = index;
      labels[i] = one.label;
      if (one === cavity) inCavity[i] = 1;
      isBone[i] = one.tissue === "bone" ? 1 : 0;
    }
  }
  return { structure, labels };
}

/** Whether a point, relative to the structure's centre in mm, is inside. */
function insideTest(structure: Structure): (dx: number, dy: number, dz: number) => boolean {
  const { rotation: r, radii, exponent, taper, bend, roughness, phases } = structure;
  const [iu, iv, iw]: Triple = [1 / radii[0], 1 / radii[1], 1 / radii[2]];
  const limit = farthest ** 2;
  return (dx, dy, dz) => {
    let u = (r[0] * dx + r[3] * dy + r[6] * dz) * iu;
    let v = (r[1] * dx + r[4] * dy + r[7] * dz) * iv;
    let w = (r[2] * dx + r[5] * dy + r[8] * dz) * iw;
    if (u * u + v * v + w * w > limit) return false;
    u -= bend * w * w;
    const narrowing = 1 / (1 + taper * Math.max(-1, Math.min(1, u)));
    v *= narrowing;
    w *= narrowing;
    const surface = roughness === 0 ? 1 : 1 + roughness * (
          Math.sin(3 * u + phases[0]) + Math.sin(3 * v + phases[1]) + Math.sin(3 * w + phases[2])
        );
    const size = exponent === 2
      ? u * u + v * v + w * w
      : Math.abs(u) ** exponent + Math.abs(v) ** exponent + Math.abs(w) ** exponent;
    return size < surface;
  };
}
