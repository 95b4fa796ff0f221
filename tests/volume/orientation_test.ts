import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
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
