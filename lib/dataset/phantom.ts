import { Random } from "../random.ts";
import {
  type Affine,
  type LabelVolume,
  type Triple,
  type Volume,
  voxelCount,
} from "../volume/volume.ts";
import { type Anatomy, makeAnatomy, rotation, trunkZ } from "./phantom_anatomy.ts";
import { paint, type PatientPositions } from "./phantom_paint.ts";
import { makeSignal } from "./phantom_signal.ts";
import type { Modality } from "./dataset.ts";

/** How a phantom is made. */
export interface PhantomOptions {
  /** Voxels along x, y, z; 96 x 80 x 48 unless given. */
  readonly shape?: Triple;
  /** `ct`: Hounsfield units. `mr`: arbitrary units with a bias field. `ct` unless given. */
  readonly modality?: Modality;
}

/** A synthetic scan and its true labels, on a RAS grid. */
export interface Phantom {
  /** Integers: -1024 .. 3071 HU, or 0 .. 32767. */
  readonly image: Volume;
  /** Values of {@linkcode phantomLabels}. */
  readonly labels: LabelVolume;
  readonly modality: Modality;
}

/** Voxels of a phantom unless told otherwise: about 3.8 x 3.8 x 8 mm each. */
export const phantomShape: Triple = [96, 80, 48];

/**
 * A synthetic abdomen with pelvis: superquadric organs, smoothly deformed, in a body of random size,
 * girth, position and pose, imaged with noise. The same seed and index give the same phantom, and
 * cases of other indices do not change it.
 *
 * It is a test object, not a patient: results on it say that a program works, not how well it
 * would do in a hospital.
 */
export function makePhantom(
  seed: number | string,
  index: number,
  options: PhantomOptions = {},
): Phantom {
  const { shape = phantomShape, modality = "ct" } = options;
  const random = new Random(seed).fork("phantom").fork(index);
  const anatomy = makeAnatomy(random.fork("anatomy"));
  const { affine, positions } = placeInScanner(random.fork("pose"), anatomy, shape);
  const { structure, labels } = paint(anatomy.structures, positions);
  const data = makeSignal(random.fork("signal"), anatomy.structures, structure, shape, modality);
  return { image: { shape, affine, data }, labels: { shape, affine, data: labels }, modality };
}

/** The scanner's grid around the patient, and where its voxels lie in the patient. */
function placeInScanner(
  random: Random,
  { bodyRadii }: Anatomy,
  shape: Triple,
): { affine: Affine; positions: PatientPositions } {
  const size = random.uniform(0.86, 1.14);
  const stretch = [0, 1, 2].map(() => size * random.uniform(0.96, 1.04));
  const extent: Triple = [
    2 * bodyRadii[0] * stretch[0],
    2 * bodyRadii[1] * stretch[1],
    (trunkZ[1] - trunkZ[0]) * stretch[2],
  ];
  const room = [1.03, 1.03, 1].map((least) => least + random.uniform(0, 0.15));
  const inPlane = Math.max(extent[0] * room[0] / shape[0], extent[1] * room[1] / shape[1]);
  const spacing: Triple = [inPlane, inPlane, extent[2] * room[2] / shape[2]];
  const fieldOfView = spacing.map((step, axis) => step * shape[axis]);
  const shift = fieldOfView.map((whole, axis) =>
    random.uniform(-0.5, 0.5) * Math.max(0, whole - 1.03 * extent[axis])
  );
  const turn = rotation([random.normal(0, 2), random.normal(0, 2), random.normal(0, 4)]);
  const warp = makeWarp(random);
  const middleZ = (trunkZ[0] + trunkZ[1]) / 2;

  const count = voxelCount(shape);
  const [x, y, z] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  const world = (axis: 0 | 1 | 2, i: number) =>
    (i + 0.5 - shape[axis] / 2) * spacing[axis] - shift[axis];
  let at = 0;
  for (let k = 0; k < shape[2]; k++) {
    const wz = world(2, k);
    for (let j = 0; j < shape[1]; j++) {
      const wy = world(1, j);
      for (let i = 0; i < shape[0]; i++, at++) {
        const wx = world(0, i);
        const px = (turn[0] * wx + turn[3] * wy + turn[6] * wz) / stretch[0];
        const py = (turn[1] * wx + turn[4] * wy + turn[7] * wz) / stretch[1];
        const pz = (turn[2] * wx + turn[5] * wy + turn[8] * wz) / stretch[2];
        x[at] = px + warp(0, py, pz);
        y[at] = py + warp(1, pz, px);
        z[at] = pz + warp(2, px, py) + middleZ;
      }
    }
  }
  const origin = shape.map((n, axis) => (0.5 - n / 2) * spacing[axis] + random.uniform(-80, 80));
  const affine = [
    ...[spacing[0], 0, 0, origin[0]],
    ...[0, spacing[1], 0, origin[1]],
    ...[0, 0, spacing[2], origin[2]],
    ...[0, 0, 0, 1],
  ];
  return { affine, positions: { x, y, z } };
}

/** Smooth displacement of an axis, in mm, by the place along the other two: two waves for each. */
function makeWarp(random: Random): (axis: 0 | 1 | 2, a: number, b: number) => number {
  const waves = [0, 1, 2].map(() =>
    [0, 1].map(() => ({
      amplitudeMm: random.uniform(1.5, 4.5),
      a: random.normal(0, 2 * Math.PI / 260),
      b: random.normal(0, 2 * Math.PI / 260),
      phase: random.uniform(0, 2 * Math.PI),
    }))
  );
  return (axis, a, b) => {
    const [first, second] = waves[axis];
    return first.amplitudeMm * Math.sin(first.a * a + first.b * b + first.phase) +
      second.amplitudeMm * Math.sin(second.a * a + second.b * b + second.phase);
  };
}
