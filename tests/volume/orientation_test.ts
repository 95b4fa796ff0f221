import { assertEquals, assertNotEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { fromRas, orientationLetters, orientationOf, toRas } from "../../lib/volume/orientation.ts";
import type { LabelVolume, Mask } from "../../lib/volume/volume.ts";
import { assertNear, numbers, pattern, patternVolume, reference, triple } from "./reference.ts";

const shape = [4, 3, 2] as const;

Deno.test("toRas() permutes and flips as nibabel does, and fromRas() undoes it exactly", () => {
  for (const expected of reference.orientations) {
    const volume = { shape, affine: numbers(expected.affine), data: pattern(shape) };
    const { volume: ras, orientation } = toRas(volume);
    assertEquals(orientation.axes, triple(expected.axes));
    assertEquals(orientation.flips.map(Number), numbers(expected.flips));
    assertEquals(ras.shape, triple(expected.shape));
    assertNear(ras.affine, numbers(expected.canonicalAffine), 1e-12);
    assertEquals([...ras.data], numbers(expected.data));
    assertEquals(fromRas(ras, orientation), volume);
  }
});

Deno.test("at 45 degrees a rounding error does not turn the axes", () => {
  for (const plane of [[0, 1], [0, 2], [1, 2]]) {
    for (const side of [1, -1]) {
      const turned = (degrees: number) => {
        const [cos, sin] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
        const [u, v] = plane;
        const affine = [1, 0, 0, -7, 0, 1, 0, 4, 0, 0, 1, 9, 0, 0, 0, 1];
        affine[5 * u] = cos;
        affine[5 * v] = cos;
        affine[4 * u + v] = -sin;
        affine[4 * v + u] = sin;
        const spacing = [0.8, 1.2, 3, 1];
        const { axes, flips } = orientationOf({
          shape,
          affine: affine.map((value, i) => value * (i % 4 === 3 ? 1 : spacing[i % 4])),
        });
        return { axes, flips };
      };
      const exact = turned(45 * side);
      for (const error of [1e-5, -1e-5, 1e-3, -1e-3]) {
        assertEquals(turned(45 * side + error), exact, `${plane} at ${45 * side} and ${error}`);
      }
      assertEquals(turned(44 * side), turned(0));
      assertNotEquals(turned(46 * side), turned(0));
    }
  }
});

Deno.test("labels and masks keep their types", () => {
  const affine = numbers(reference.orientations[13].affine);
  const labels: LabelVolume = { shape, affine, data: Uint16Array.from(pattern(shape)) };
  const mask: Mask = { shape, affine, data: Uint8Array.from(pattern(shape), (v) => v & 1) };
  const turned = toRas(labels);
  assertEquals(turned.volume.data.constructor, Uint16Array);
  assertEquals(fromRas(turned.volume, turned.orientation), labels);
  assertEquals(fromRas(toRas(mask).volume, toRas(mask).orientation), mask);
});

Deno.test("a volume in RAS order keeps its data", () => {
  const volume = patternVolume([4, 3, 2]);
  assertStrictEquals(toRas(volume).volume.data, volume.data);
  assertEquals(toRas(volume).volume.affine, volume.affine);
});

Deno.test("orientationLetters() names the directions in which the axes run", () => {
  const letters = (linear: number[][]) => {
    const affine = [...linear[0], 0, ...linear[1], 0, ...linear[2], 0, 0, 0, 0, 1];
    return orientationLetters(orientationOf({ shape, affine }));
  };
  assertEquals(letters([[2, 0, 0], [0, 1, 0], [0, 0, 5]]), "RAS");
  assertEquals(letters([[-2, 0, 0], [0, -1, 0], [0, 0, 5]]), "LPS");
  assertEquals(letters([[0, 0, 3], [-1, 0, 0], [0, -2, 0]]), "PIR");
});

Deno.test("a singular affine and a volume of another grid are refused", () => {
  const volume = patternVolume(shape);
  const singular = [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  assertThrows(() => toRas({ ...volume, affine: singular }), UserError, "singular");
  const { orientation } = toRas({ ...volume, affine: numbers(reference.orientations[20].affine) });
  assertThrows(() => fromRas(patternVolume([5, 5, 5]), orientation), RangeError, "5 x 5 x 5");
});
