import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { pasteRoi, sampleRoi, sampleRoiLabels } from "../../lib/segmentor/roi.ts";
import type { Box3 } from "../../lib/volume/box.ts";
import type { LabelVolume, Triple } from "../../lib/volume/volume.ts";

const affine = [0.7, 0, 0, -20, 0, 1.1, 0, 5, 0, 0, 3, 9, 0, 0, 0, 1];
const soft = { kernel: "area", labels: "soft", paste: "logits" } as const;
const nearest = { kernel: "linear", labels: "nearest", paste: "nearest" } as const;

/** An ellipsoid of label 6 with a smaller one of label 9 beside it. */
function organs(shape: Triple): LabelVolume {
  const data = new Uint16Array(shape[0] * shape[1] * shape[2]);
  for (let i = 0; i < data.length; i++) {
    const at = [
      i % shape[0],
      Math.floor(i / shape[0]) % shape[1],
      Math.floor(i / shape[0] / shape[1]),
    ];
    const distance = (centre: Triple, radius: Triple) =>
      Math.hypot(...at.map((v, axis) => ((v + 0.5) / shape[axis] - centre[axis]) / radius[axis]));
    if (distance([0.4, 0.5, 0.45], [0.22, 0.3, 0.2]) < 1) data[i] = 6;
    if (distance([0.75, 0.5, 0.6], [0.12, 0.2, 0.15]) < 1) data[i] = 9;
  }
  return { shape, affine, data };
}

function dice(a: LabelVolume, aValue: number, b: LabelVolume, bValue: number): number {
  let [both, sum] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    const [inA, inB] = [a.data[i] === aValue, b.data[i] === bValue];
    if (inA && inB) both++;
    sum += Number(inA) + Number(inB);
  }
  return 2 * both / sum;
}

/** What a perfect network would answer to shares. */
function logitsOfShares(shares: Float32Array, channels: number): Float32Array {
  const clipped = shares.map((share) => Math.min(Math.max(share, 1e-3), 1 - 1e-3));
  return channels === 1 ? clipped.map((p) => Math.log(p / (1 - p))) : clipped.map(Math.log);
}

const shape: Triple = [70, 50, 24];
const box: Box3 = { min: [0.13, 0.11, 0.19], max: [0.93, 0.88, 0.83] };

Deno.test("soft labels and logits bring an organ through a small cube and back; nearest does not", () => {
  const labels = organs(shape);
  const tight: Box3 = { min: [0.17, 0.18, 0.24], max: [0.64, 0.83, 0.66] };
  const shares = sampleRoiLabels(labels, [[6]], tight, 16, soft);
  const smooth = pasteRoi(logitsOfShares(shares, 1), 16, tight, labels, soft);
  assertEquals(dice(smooth, 1, labels, 6) > 0.985, true);
  const hard = sampleRoiLabels(labels, [[6]], tight, 16, nearest);
  const blocky = pasteRoi(logitsOfShares(hard, 1), 16, tight, labels, nearest);
  assertEquals(dice(blocky, 1, labels, 6) < 0.96, true);
});

Deno.test("several classes share a region", () => {
  const labels = organs(shape);
  const shares = sampleRoiLabels(labels, [[6], [9]], box, 32, soft);
  assertEquals(shares.length, 3 * 32 ** 3);
  for (let i = 0; i < shares.length; i += 3) {
    assertAlmostEquals(shares[i] + shares[i + 1] + shares[i + 2], 1, 1e-5);
  }
  const pasted = pasteRoi(logitsOfShares(shares, 3), 32, box, labels, soft);
  assertEquals(pasted.affine, labels.affine);
  assertEquals(dice(pasted, 1, labels, 6) > 0.97, true);
  assertEquals(dice(pasted, 2, labels, 9) > 0.96, true);
});

Deno.test("label values of one class are taken together", () => {
  const labels = organs(shape);
  const joined = sampleRoiLabels(labels, [[6, 9]], box, 16, soft);
  const [a, b] = [6, 9].map((value) => sampleRoiLabels(labels, [[value]], box, 16, soft));
  joined.forEach((share, i) => assertAlmostEquals(share, a[i] + b[i], 1e-5));
});

Deno.test("nearest labels are 0 and 1, and exact when cells are voxels", () => {
  const labels = organs([16, 16, 16]);
  const whole: Box3 = { min: [0, 0, 0], max: [1, 1, 1] };
  const shares = sampleRoiLabels(labels, [[6], [9]], whole, 16, nearest);
  for (let i = 0; i < labels.data.length; i++) {
    const expected = [0, 6, 9].map((value) => Number(labels.data[i] === value));
    assertEquals([...shares.subarray(3 * i, 3 * i + 3)], expected);
  }
  const pasted = pasteRoi(shares, 16, whole, labels, nearest);
  const classes: Record<number, number> = { 0: 0, 6: 1, 9: 2 };
  assertEquals([...pasted.data], Array.from(labels.data, (value) => classes[value]));
});

Deno.test("the image is stretched to the cube, z slowest", () => {
  const [width, height, depth] = [6, 10, 4];
  const data = Float32Array.from({ length: width * height * depth }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    return (x + 0.5) / width + 10 * (y + 0.5) / height +
      100 * (Math.floor(i / width / height) + 0.5) / depth;
  });
  const image = { shape: [width, height, depth] as Triple, affine, data };
  const roi = sampleRoi(image, { min: [0.25, 0.2, 0.25], max: [0.75, 0.6, 0.75] }, 8, soft);
  const at = (x: number, y: number, z: number) => roi[x + 8 * (y + 8 * z)];
  const expected = (x: number, y: number, z: number) =>
    0.25 + 0.5 * (x + 0.5) / 8 + 10 * (0.2 + 0.4 * (y + 0.5) / 8) +
    100 * (0.25 + 0.5 * (z + 0.5) / 8);
  for (const [x, y, z] of [[0, 0, 0], [7, 0, 3], [2, 5, 7]]) {
    assertAlmostEquals(at(x, y, z), expected(x, y, z), 1e-3);
  }
});

Deno.test("only voxels whose centre lies in the box are pasted, also where it leaves the grid", () => {
  const target = { shape: [5, 4, 6] as Triple, affine };
  const logits = new Float32Array(8).fill(3);
  for (const config of [soft, nearest]) {
    const box: Box3 = { min: [0.31, -0.4, 0.5], max: [0.69, 0.3, 1.7] };
    const pasted = pasteRoi(logits, 2, box, target, config);
    const inside = Array.from(pasted.data, (value, i) => [value, i]).filter(([value]) =>
      value === 1
    )
      .map(([, i]) => [i % 5, Math.floor(i / 5) % 4, Math.floor(i / 20)]);
    assertEquals(inside, [[2, 0, 3], [2, 0, 4], [2, 0, 5]]);
  }
});

Deno.test("an empty box and logits that do not fill the cube are refused", () => {
  const labels = organs([8, 8, 8]);
  const empty: Box3 = { min: [0.5, 0.5, 0.5], max: [0.5, 0.9, 0.9] };
  assertThrows(() => sampleRoiLabels(labels, [[6]], empty, 8, soft), RangeError);
  assertThrows(() => pasteRoi(new Float32Array(512), 8, empty, labels, soft), RangeError);
  assertThrows(
    () => pasteRoi(new Float32Array(100), 8, box, labels, soft),
    RangeError,
    "do not fill",
  );
});
