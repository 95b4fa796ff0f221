import type { Affine, Mask, Triple, Volume } from "../../lib/volume/volume.ts";
import reference from "./reference.json" with { type: "json" };

export { reference };

/** The numbers of a string of reference.json. */
export function numbers(text: string): number[] {
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Three numbers of a string of reference.json. */
export function triple(text: string): Triple {
  const [x, y, z] = numbers(text);
  return [x, y, z];
}

/** The test image of reference.py: (index * 7919 + 13) mod 257. */
export function pattern(shape: Triple): Float32Array {
  const length = shape[0] * shape[1] * shape[2];
  return Float32Array.from({ length }, (_, i) => (i * 7919 + 13) % 257);
}

/** An anisotropic affine for volumes of which the test looks at values only. */
export const anyAffine: Affine = [0.7, 0, 0, 11, 0, 1.3, 0, -7, 0, 0, 5, 3.5, 0, 0, 0, 1];

/** The test image as a volume. */
export function patternVolume(shape: Triple): Volume {
  return { shape, affine: anyAffine, data: pattern(shape) };
}

/** The voxels of the test image below a threshold. */
export function patternMask(shape: Triple, threshold: number): Mask {
  const data = Uint8Array.from(pattern(shape), (value) => value < threshold ? 1 : 0);
  return { shape, affine: anyAffine, data };
}

/** Fails unless every number lies within `tolerance` of its expectation. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} numbers instead of ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) {
      throw new Error(`number ${i} is ${actual[i]} instead of ${expected[i]}`);
    }
  }
}
