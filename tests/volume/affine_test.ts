import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  affineDistanceMm,
  affineOfBox,
  applyAffine,
  composeAffines,
  invertAffine,
} from "../../lib/volume/affine.ts";
import { quaternionOfRotation, rotationOfQuaternion } from "../../lib/volume/quaternion.ts";
import { Random } from "../../lib/random.ts";
import { assertNear, numbers, reference } from "./reference.ts";

const oblique = numbers(reference.orientations.at(-1)!.affine);
const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

Deno.test("invertAffine() undoes an affine, and refuses a singular one", () => {
  assertNear(composeAffines(oblique, invertAffine(oblique)), identity, 1e-12);
  assertNear(composeAffines(invertAffine(oblique), oblique), identity, 1e-12);
  assertThrows(() => invertAffine(Array(16).fill(1)), RangeError);
});

Deno.test("composeAffines() applies the inner affine first", () => {
  const scale = [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1];
  const shift = [1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1];
  assertEquals(applyAffine(composeAffines(shift, scale), [1, 1, 1]), [12, 23, 34]);
  assertEquals(applyAffine(composeAffines(scale, shift), [1, 1, 1]), [22, 63, 124]);
});

Deno.test("affineDistanceMm() is the largest distance at a corner voxel", () => {
  const shifted = oblique.with(3, oblique[3] + 3).with(7, oblique[7] - 4);
  assertNear([affineDistanceMm(oblique, shifted, [9, 5, 2])], [5], 1e-12);
  const stretched = identity.with(0, 1.5);
  assertEquals(affineDistanceMm(identity, stretched, [9, 5, 2]), 4);
  assert(Number.isNaN(affineDistanceMm(identity, identity.with(3, NaN), [9, 5, 2])));
});

Deno.test("affineOfBox() places the outer corners of its cells on those of the box", () => {
  const box = { min: [1.5, -2, 0.25], max: [7.5, 4, 3.25] } as const;
  const shape = [3, 4, 2] as const;
  const affine = affineOfBox(oblique, box, shape);
  assertNear(
    applyAffine(affine, [-0.5, -0.5, -0.5]),
    applyAffine(oblique, [1, -2.5, -0.25]),
    1e-12,
  );
  assertNear(applyAffine(affine, [2.5, 3.5, 1.5]), applyAffine(oblique, [7, 3.5, 2.75]), 1e-12);
});

Deno.test("quaternions and rotations are each other's inverse", () => {
  const random = new Random("quaternions");
  for (let round = 0; round < 50; round++) {
    // Every second one has w near 0, where the square root of 1 - x^2 - y^2 - z^2 is useless.
    const raw = [round % 2 ? 1e-9 : random.normal(), ...[1, 2, 3].map(() => random.normal())];
    const norm = Math.hypot(...raw) * Math.sign(raw[0]);
    const [w, x, y, z] = raw.map((value) => value / norm);
    assertNear(quaternionOfRotation(rotationOfQuaternion([w, x, y, z])), [w, x, y, z], 1e-12);
  }
});
