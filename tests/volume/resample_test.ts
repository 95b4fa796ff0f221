import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  resizeVolume,
  sampleBox,
  sampleLabelsNearest,
  sampleLabelsSoft,
  spreadBox,
} from "../../lib/volume/resample.ts";
import { applyAffine } from "../../lib/volume/affine.ts";
import {
  type LabelVolume,
  type Mask,
  maskOfLabels,
  type Triple,
  voxelCount,
} from "../../lib/volume/volume.ts";
import {
  anyAffine,
  assertNear,
  numbers,
  pattern,
  patternMask,
  patternVolume,
  reference,
  triple,
} from "./reference.ts";

for (const expected of reference.resampling) {
  Deno.test(`sampleBox() agrees with SciPy: ${expected.name}`, () => {
    const volume = patternVolume(triple(expected.source));
    const box = { min: triple(expected.min), max: triple(expected.max) };
    const shape = triple(expected.shape);
    for (const kernel of ["linear", "area"] as const) {
      const sampled = sampleBox(volume, box, shape, kernel);
      assertEquals(sampled.shape, shape);
      assertNear(sampled.data, numbers(expected[kernel]), 1e-4);
    }
  });
}

for (const expected of reference.spreading) {
  Deno.test(`spreadBox() agrees with SciPy: ${expected.name}`, () => {
    const shape = triple(expected.shape);
    const box = { min: triple(expected.min), max: triple(expected.max) };
    const block = spreadBox(pattern(shape), shape, box, triple(expected.target));
    assertEquals(block.origin, triple(expected.origin));
    assertEquals(block.shape, triple(expected.blockShape));
    assertNear(block.data, numbers(expected.data), 1e-4);
  });
}

/** x + 10 y + 100 z of the voxel centres: trilinear interpolation reproduces it. */
function ramp(shape: Triple): Float32Array {
  const data = new Float32Array(voxelCount(shape));
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % shape[0], Math.floor(i / shape[0]) % shape[1]];
    data[i] = x + 10 * y + 100 * Math.floor(i / (shape[0] * shape[1]));
  }
  return data;
}

Deno.test("a box of whole voxels in one cell each is a copy, by every kernel", () => {
  const volume = patternVolume([6, 5, 4]);
  const box = { min: [1, 2, 0], max: [5, 4, 3] } as const;
  for (const kernel of ["linear", "area"] as const) {
    const { data, affine } = sampleBox(volume, box, [4, 2, 3], kernel);
    for (let z = 0; z < 3; z++) {
      for (let y = 0; y < 2; y++) {
        for (let x = 0; x < 4; x++) {
          assertEquals(data[x + 4 * (y + 2 * z)], volume.data[x + 1 + 6 * (y + 2 + 5 * z)]);
        }
      }
    }
    assertEquals(applyAffine(affine, [0, 0, 0]), applyAffine(anyAffine, [1, 2, 0]));
  }
});

Deno.test("samples keep their place in space", () => {
  // A volume whose values are a coordinate in mm must keep that coordinate through resampling.
  const shape: Triple = [12, 10, 8];
  for (const axis of [0, 1, 2] as const) {
    const data = new Float32Array(voxelCount(shape));
    for (let i = 0; i < data.length; i++) {
      const z = Math.floor(i / 120);
      data[i] = applyAffine(anyAffine, [i % 12, Math.floor(i / 12) % 10, z])[axis];
    }
    const box = { min: [1.5, 2.25, 1], max: [9.25, 8, 6.5] } as const;
    const sampled = sampleBox({ shape, affine: anyAffine, data }, box, [7, 3, 9], "linear");
    for (let i = 0; i < sampled.data.length; i++) {
      const at: Triple = [i % 7, Math.floor(i / 7) % 3, Math.floor(i / 21)];
      assertNear([sampled.data[i]], [applyAffine(sampled.affine, at)[axis]], 1e-4);
    }
  }
});

Deno.test("resizeVolume() keeps the outer faces; area keeps the mean when halving", () => {
  const volume = { ...patternVolume([8, 6, 4]), data: ramp([8, 6, 4]) };
  const half = resizeVolume(volume, [4, 3, 2], "linear");
  assertEquals(half.data[0], 0.5 + 5 + 50);
  assertNear(applyAffine(half.affine, [0, 0, 0]), applyAffine(anyAffine, [0.5, 0.5, 0.5]), 1e-12);
  const constant = { ...volume, data: new Float32Array(192).fill(3) };
  for (const kernel of ["linear", "area"] as const) {
    assertNear(resizeVolume(constant, [3, 7, 1], kernel).data, Array(21).fill(3), 1e-6);
  }
});

Deno.test("an axis of one voxel can be resized", () => {
  const volume = patternVolume([4, 1, 3]);
  const larger = resizeVolume(volume, [4, 3, 3], "linear");
  assertEquals(larger.data.subarray(0, 4), larger.data.subarray(4, 8));
});

Deno.test("the share of labels is that of sampling their mask as an image", () => {
  const mask = patternMask([9, 7, 6], 120);
  const labels: LabelVolume = {
    ...mask,
    data: Uint16Array.from(mask.data, (value, i) => value === 0 ? 3 * (i % 2) : i % 5 ? 4 : 700),
  };
  const asImage = { ...mask, data: Float32Array.from(mask.data) };
  const box = { min: [1.3, 0.2, 2.5], max: [8.1, 6.4, 5.75] } as const;
  const shape: Triple = [3, 5, 4];
  for (const kernel of ["linear", "area"] as const) {
    const expected = sampleBox(asImage, box, shape, kernel).data;
    assertNear(sampleLabelsSoft(labels, [4, 700], box, shape, kernel), expected, 1e-6);
    assertEquals(maskOfLabels(labels, [4, 700]).data, mask.data);
  }
  const beyond = { min: [-3, -2, -1], max: [4, 12, 9] } as const;
  assertNear(
    sampleLabelsSoft(labels, [700, 4], beyond, [5, 4, 6], "linear"),
    sampleBox(asImage, beyond, [5, 4, 6], "linear").data,
    1e-6,
  );
});

Deno.test("nearest labels are those of the voxels in which the samples lie", () => {
  const labels: LabelVolume = {
    shape: [5, 4, 3],
    affine: anyAffine,
    data: Uint16Array.from({ length: 60 }, (_, i) => i),
  };
  const same = sampleLabelsNearest(labels, { min: [0, 0, 0], max: [5, 4, 3] }, [5, 4, 3]);
  assertEquals(same.data, labels.data);
  const box = { min: [-2, 0.5, 1.2], max: [6, 3.5, 2.8] } as const;
  const sampled = sampleLabelsNearest(labels, box, [8, 2, 1]);
  const row = (y: number) => [0, 0, 0, 1, 2, 3, 4, 4].map((x) => x + 5 * (y + 4 * 2));
  assertEquals([...sampled.data], [...row(1), ...row(2)]);
  assertNear(applyAffine(sampled.affine, [2, 0, 0]), applyAffine(anyAffine, [0, 0.75, 1.5]), 1e-12);
});

Deno.test("spreadBox() brings what sampleBox() took back to its place", () => {
  const shape: Triple = [14, 12, 10];
  const volume = { shape, affine: anyAffine, data: ramp(shape) };
  const box = { min: [2.25, 3.5, 1], max: [11.5, 9, 8.75] } as const;
  const cube: Triple = [16, 16, 16];
  const block = spreadBox(sampleBox(volume, box, cube, "linear").data, cube, box, shape);
  assertEquals(block.origin, [2, 3, 1]);
  assertEquals(block.shape, [9, 6, 8]);
  const [width, height] = block.shape;
  // Beyond the outermost samples, half a step inside the faces, the value is held.
  for (let i = 0; i < block.data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    const z = Math.floor(i / (width * height));
    const hold = (at: number, axis: 0 | 1 | 2) => {
      const halfStep = (box.max[axis] - box.min[axis]) / 32;
      const centre = at + block.origin[axis] + 0.5;
      const low = box.min[axis] + halfStep;
      return Math.min(Math.max(centre, low), box.max[axis] - halfStep) - 0.5;
    };
    assertNear([block.data[i]], [hold(x, 0) + 10 * hold(y, 1) + 100 * hold(z, 2)], 1e-3);
  }
});

Deno.test("a mask cut out soft and pasted back by a threshold loses almost nothing", () => {
  const shape: Triple = [40, 36, 20];
  const mask: Mask = { shape, affine: anyAffine, data: new Uint8Array(voxelCount(shape)) };
  for (let i = 0; i < mask.data.length; i++) {
    const [x, y, z] = [i % 40, Math.floor(i / 40) % 36, Math.floor(i / 1440)];
    mask.data[i] = ((x - 18) / 12) ** 2 + ((y - 17) / 10) ** 2 + ((z - 9) / 6) ** 2 < 1 ? 1 : 0;
  }
  const box = { min: [5, 6, 2], max: [32, 29, 17] } as const;
  const cube: Triple = [16, 16, 16];
  const labels = { ...mask, data: Uint16Array.from(mask.data) };
  const { origin, shape: size, data } = spreadBox(
    sampleLabelsSoft(labels, [1], box, cube, "area"),
    cube,
    box,
    shape,
  );
  const pasted = new Uint8Array(mask.data.length);
  for (let i = 0; i < data.length; i++) {
    const x = origin[0] + i % size[0];
    const y = origin[1] + Math.floor(i / size[0]) % size[1];
    const z = origin[2] + Math.floor(i / (size[0] * size[1]));
    pasted[x + 40 * (y + 36 * z)] = data[i] >= 0.5 ? 1 : 0;
  }
  let [both, either] = [0, 0];
  for (let i = 0; i < pasted.length; i++) {
    both += pasted[i] & mask.data[i];
    either += pasted[i] + mask.data[i];
  }
  assert(2 * both / either > 0.97);
});

Deno.test("boxes without an inside, and blocks that miss the grid", () => {
  const volume = patternVolume([4, 3, 2]);
  const box = { min: [1, 1, 1], max: [2, 1, 2] } as const;
  assertThrows(() => sampleBox(volume, box, [2, 2, 2], "linear"), RangeError, "no inside");
  const infinite = { min: [0, 0, 0], max: [1, Infinity, 1] } as const;
  assertThrows(() => sampleBox(volume, infinite, [2, 2, 2], "linear"), RangeError, "no inside");
  const whole = { min: [0, 0, 0], max: [4, 3, 2] } as const;
  assertThrows(() => sampleBox(volume, whole, [2, 0, 2], "linear"), RangeError, "2 x 0 x 2");
  assertThrows(() => spreadBox(new Float32Array(7), [2, 2, 2], whole, [4, 3, 2]), RangeError);
  const outside = { min: [5, 0, 0], max: [9, 3, 2] } as const;
  assertEquals(spreadBox(new Float32Array(8), [2, 2, 2], outside, [4, 3, 2]).data.length, 0);
});
