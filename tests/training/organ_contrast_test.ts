import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../lib/random.ts";
import { changeLabels } from "../../lib/training/organ_contrast.ts";
import { boxLabels } from "../dataset/volumes.ts";

const labels = boxLabels(6, [1, 0, 1], [4, 3, 3]);
labels.data[0] = 300;
const image = { ...labels, data: Float32Array.from(labels.data, (_, i) => 0.3 + i / 1000) };

Deno.test("each label gets a factor of its own, the background none", () => {
  const random = new Random("contrast");
  const logs = Array.from({ length: 40 }, (_, i) => {
    const { data, shape } = changeLabels(image, labels, 0.8, random.fork(i));
    assertEquals(shape, image.shape);
    const factorOf = (label: number) => {
      const at = labels.data.indexOf(label);
      return data[at] / image.data[at];
    };
    const factors = { 0: 1, 6: factorOf(6), 300: factorOf(300) } as Record<number, number>;
    data.forEach((value, voxel) => {
      const expected = Math.min(1, image.data[voxel] * factors[labels.data[voxel]]);
      assertAlmostEquals(value, expected, 1e-6);
    });
    return [Math.log(factors[6]), Math.log(factors[300])];
  });
  for (const label of [0, 1]) {
    const values = logs.map((both) => both[label]);
    assert(Math.min(...values) < -0.3 && Math.max(...values) > 0.3 && Math.max(...values) <= 0.81);
    const small = values.filter((value) => Math.abs(value) < 0.1).length; // half of a uniform draw: 5
    assert(small > 12, `${small} of 40 are small`);
  }
  assert(logs.some(([a, b]) => Math.abs(a - b) > 0.3), "both labels have one factor");
});

Deno.test("the order of the voxels does not matter, and 0 changes nothing", () => {
  const [a, b] = [1, 1].map(() => changeLabels(image, labels, 0.8, new Random(3)));
  assertEquals(a.data, b.data);
  assertEquals(changeLabels(image, labels, 0, new Random(3)), image);
});
