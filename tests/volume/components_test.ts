import { assertEquals } from "@std/assert";
import {
  labelComponents,
  largestPieces,
  largestPiecesOfEach,
  piecesOf,
} from "../../lib/volume/components.ts";
import { Random } from "../../lib/random.ts";
import type { Mask, Triple } from "../../lib/volume/volume.ts";
import { anyAffine, numbers, patternMask, reference } from "./reference.ts";

const shape: Triple = [13, 9, 7];

function mask(shape: Triple, ...voxels: Triple[]): Mask {
  const data = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (const [x, y, z] of voxels) data[x + shape[0] * (y + shape[1] * z)] = 1;
  return { shape, affine: anyAffine, data };
}

Deno.test("components agree with SciPy in both neighbourhoods", () => {
  for (const expected of reference.components) {
    const volume = patternMask(shape, expected.threshold);
    for (const [neighbourhood, values] of [[6, expected.faces], [26, expected.corners]] as const) {
      const { numbers: found, sizes } = labelComponents(volume, neighbourhood);
      assertEquals([...sizes].slice(1).sort((a, b) => b - a), numbers(values.sizes));
      assertEquals(found.map((number) => number > 0 ? 1 : 0), Int32Array.from(volume.data));
      if (values.isTie) continue;
      const largest = largestPieces(volume, 1, neighbourhood).data;
      const voxels = [...largest.keys()].filter((i) => largest[i] === 1);
      assertEquals(voxels, numbers(values.largest));
    }
  }
});

Deno.test("voxels that share a corner are one component of 26 neighbours and two of 6", () => {
  for (
    const [dx, dy, dz] of [[1, 1, 1], [-1, 1, 1], [1, -1, 1], [-1, -1, 1], [1, 1, 0], [0, 1, 1]]
  ) {
    const pair = mask([4, 3, 3], [1, 1, 1], [1 + dx, 1 + dy, 1 + dz]);
    assertEquals(labelComponents(pair).sizes, [0, 2]);
    assertEquals(labelComponents(pair, 6).sizes, [0, 1, 1]);
  }
});

Deno.test("rows do not touch around the end of a row or a slice", () => {
  assertEquals(labelComponents(mask([3, 2, 2], [2, 0, 0], [0, 1, 0])).sizes, [0, 1, 1]);
  assertEquals(labelComponents(mask([3, 3, 2], [1, 2, 0], [1, 0, 1])).sizes, [0, 1, 1]);
});

Deno.test("the first of several largest components is kept; an empty mask stays empty", () => {
  const tie = mask([5, 3, 2], [0, 0, 0], [1, 0, 0], [3, 2, 1], [4, 2, 1]);
  assertEquals(largestPieces(tie), mask([5, 3, 2], [0, 0, 0], [1, 0, 0]));
  assertEquals(largestPieces(mask([5, 3, 2])), mask([5, 3, 2]));
});

Deno.test("largestPiecesOfEach() is largestPieces() of each value", () => {
  const first = patternMask(shape, reference.components[0].threshold).data;
  const labels = { shape, data: Uint16Array.from(first, (inside, i) => inside * (1 + i % 7 % 3)) };
  const expected = new Uint16Array(labels.data.length);
  for (const [value, most] of [[1, 2], [3, 1]]) {
    const of = {
      shape,
      affine: anyAffine,
      data: Uint8Array.from(labels.data, (l) => +(l === value)),
    };
    largestPieces(of, most).data.forEach((inside, i) => expected[i] += inside * value);
  }
  assertEquals(largestPiecesOfEach(labels, [2, 0, 1]), expected);
});

Deno.test("largestPiecesOfEach() looks for no value of which nothing is kept", () => {
  const first = patternMask(shape, reference.components[0].threshold).data;
  const of = (value: number) => {
    const data = Uint16Array.from(first, (inside) => inside * value);
    let looks = 0;
    const labels = {
      shape,
      get data() {
        looks++;
        return data;
      },
    };
    const most = Array.from({ length: value }, (_, i) => i + 1 === value ? 2 : 0);
    return { kept: largestPiecesOfEach(labels, most), looks };
  };
  const [small, large] = [of(3), of(60_000)];
  assertEquals(large.kept, small.kept.map((value) => value === 0 ? 0 : 60_000));
  assertEquals(large.looks, small.looks);
});

Deno.test("pieces are the largest components, but for those under a tenth of the largest", () => {
  const sizes = [0, 3, 40, 31, 4, 40];
  assertEquals(piecesOf(sizes), [2, 5, 3, 4]);
  assertEquals(piecesOf(sizes, 3), [2, 5, 3]);
  assertEquals(piecesOf([0]), []);
  const three = mask([9, 3, 2], [0, 0, 0], [1, 0, 0], [3, 0, 0], [5, 2, 1], [6, 2, 1], [7, 2, 1]);
  const two = mask([9, 3, 2], [0, 0, 0], [1, 0, 0], [5, 2, 1], [6, 2, 1], [7, 2, 1]);
  assertEquals(largestPieces(three, 2), two);
});

Deno.test("the components of labels are those of each value's mask", () => {
  const shape: Triple = [9, 7, 5];
  const data = new Uint16Array(9 * 7 * 5);
  const random = new Random("labels");
  for (let trial = 0; trial < 30; trial++) {
    // Runs of a few voxels without gaps, so that many end together.
    for (let i = 0; i < data.length; i++) {
      data[i] = i > 0 && random.uniform(0, 1) < 0.5 ? data[i - 1] : random.integer(4);
    }
    for (const neighbourhood of [6, 26] as const) {
      const { numbers: numbered, sizes } = labelComponents({ shape, data }, neighbourhood);
      for (const value of [1, 2, 3]) {
        const mask = Uint8Array.from(data, (one) => one === value ? 1 : 0);
        const alone = labelComponents({ shape, data: mask }, neighbourhood);
        const own = new Set([...numbered].filter((_, i) => mask[i] === 1));
        assertEquals(
          [...own].map((number) => sizes[number]).sort(),
          alone.sizes.slice(1).sort(),
          `value ${value}, ${neighbourhood} neighbours`,
        );
      }
    }
  }
});
