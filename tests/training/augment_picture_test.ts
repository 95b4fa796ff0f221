import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { AugmentationConfig } from "../../lib/config/config.ts";
import { Random } from "../../lib/random.ts";
import { augmentPicture, type PictureSample } from "../../lib/training/augment_picture.ts";
import { silhouetteBoxUnit } from "../../lib/training/silhouette_box.ts";
import { viewAxes } from "../../lib/volume/projection.ts";

const none: AugmentationConfig = {
  flipAxes: [],
  rotationDegrees: 0,
  scale: 0,
  shift: 0,
  intensity: 0,
  gamma: 0,
  organContrast: 0,
  noise: 0,
  dropoutBoxes: 0,
};
const { xy } = viewAxes;
const [rows, columns, channels] = [20, 26, 3];

/** An organ in columns 4 .. 10 and rows 6 .. 10; each channel is the silhouette, dimmed. */
function makeSample(): PictureSample {
  const silhouette = new Float32Array(rows * columns);
  const picture = new Float32Array(rows * columns * channels);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      silhouette[i] = column >= 4 && column < 11 && row >= 6 && row < 11 ? 1 : 0;
      for (let c = 0; c < channels; c++) picture[i * channels + c] = silhouette[i] / (c + 1);
    }
  }
  const boxUnit = { min: [4 / 26, 6 / 20], max: [11 / 26, 11 / 20] } as const;
  return { rows, columns, channels, picture, silhouettes: silhouette, boxesUnit: [boxUnit] };
}

const sample = makeSample();

Deno.test("pictures: no augmentation is a copy", () => {
  const result = augmentPicture(sample, xy, none, new Random(1));
  assertEquals(result, sample);
  assert(result.picture !== sample.picture && result.silhouettes !== sample.silhouettes);
});

Deno.test("pictures: picture, silhouette and box move together", () => {
  const config = { ...none, rotationDegrees: 10, scale: 0.1, shift: 0.1 };
  for (let seed = 0; seed < 6; seed++) {
    const result = augmentPicture(sample, xy, config, new Random(seed));
    assertNotEquals(result.silhouettes, sample.silhouettes);
    result.silhouettes.forEach((value, i) => {
      for (let c = 0; c < channels; c++) {
        assertAlmostEquals(result.picture[i * channels + c], value / (c + 1), 1e-5);
      }
    });
    assertEquals(result.boxesUnit[0], silhouetteBoxUnit(result.silhouettes, rows, columns));
  }
});

Deno.test("pictures: a flip mirrors the picture and its box", () => {
  const seen = new Set<boolean>();
  for (let seed = 0; seed < 12; seed++) {
    const { boxesUnit: [boxUnit] } = augmentPicture(
      sample,
      xy,
      { ...none, flipAxes: ["x"] },
      new Random(seed),
    );
    const flipped = boxUnit!.min[0] > 0.5;
    seen.add(flipped);
    assertAlmostEquals(boxUnit!.min[0], flipped ? 15 / 26 : 4 / 26, 1e-6);
    assertAlmostEquals(boxUnit!.max[0], flipped ? 22 / 26 : 11 / 26, 1e-6);
    assertAlmostEquals(boxUnit!.min[1], 6 / 20, 1e-6);
  }
  assertEquals(seen.size, 2);
});

Deno.test("pictures: a flip along the view reverses the slabs and nothing else", () => {
  const seen = new Set<boolean>();
  for (let seed = 0; seed < 12; seed++) {
    const result = augmentPicture(sample, xy, { ...none, flipAxes: ["z"] }, new Random(seed));
    assertEquals(result.silhouettes, sample.silhouettes);
    assertEquals(result.boxesUnit[0], sample.boxesUnit[0]);
    const pixel = (7 * columns + 5) * channels;
    const slabs = [...result.picture.slice(pixel, pixel + channels)];
    seen.add(slabs[0] === 1);
    assertEquals(slabs.toSorted(), [...Float32Array.of(1 / 3, 1 / 2, 1)]);
  }
  assertEquals(seen.size, 2);
});

Deno.test("pictures: a shift moves the box by a part of a pixel", () => {
  const { boxesUnit: [boxUnit] } = augmentPicture(
    sample,
    xy,
    { ...none, shift: 0.15 },
    new Random(3),
  );
  const widths = [boxUnit!.max[0] - boxUnit!.min[0], boxUnit!.max[1] - boxUnit!.min[1]];
  assertAlmostEquals(widths[0], 7 / 26, 1e-5);
  assertAlmostEquals(widths[1], 5 / 20, 1e-5);
  const moved = (boxUnit!.min[0] - 4 / 26) * 26;
  assert(Math.abs(moved) <= 0.15 * 26 && Math.abs(moved - Math.round(moved)) > 1e-3, `${moved}`);
});

Deno.test("pictures: an organ that leaves the picture has no box", () => {
  const silhouettes = new Float32Array(rows * columns);
  const result = augmentPicture(
    { ...sample, silhouettes },
    xy,
    { ...none, shift: 0.1 },
    new Random(1),
  );
  assertEquals(result.boxesUnit[0], null);
});

Deno.test("pictures: several silhouettes move as one, each with its own box", () => {
  const { silhouettes: first } = sample;
  const second = new Float32Array(rows * columns);
  for (let row = 12; row < 15; row++) second.fill(1, row * columns + 14, row * columns + 20);
  const silhouettes = new Float32Array(2 * rows * columns);
  first.forEach((value, i) => {
    silhouettes[2 * i] = value;
    silhouettes[2 * i + 1] = second[i];
  });
  const box = { min: [14 / 26, 12 / 20], max: [20 / 26, 15 / 20] } as const;
  const both = { ...sample, silhouettes, boxesUnit: [...sample.boxesUnit, box] };
  const config = { ...none, shift: 0.1, rotationDegrees: 5 };
  const alone = augmentPicture(sample, xy, config, new Random(4));
  const other = { ...sample, silhouettes: second, boxesUnit: [box] };
  const beside = augmentPicture(other, xy, config, new Random(4));
  const result = augmentPicture(both, xy, config, new Random(4));
  assertEquals(result.boxesUnit, [alone.boxesUnit[0], beside.boxesUnit[0]]);
  assertEquals(result.silhouettes.filter((_, i) => i % 2 === 0), alone.silhouettes);
  assertEquals(result.silhouettes.filter((_, i) => i % 2 === 1), beside.silhouettes);
  assertNotEquals(result.boxesUnit, both.boxesUnit);
});

Deno.test("pictures: intensity and blanked boxes spare the silhouette", () => {
  const config = { ...none, intensity: 0.3, noise: 0.1, dropoutBoxes: 2 };
  const result = augmentPicture(sample, xy, config, new Random(6));
  assertEquals(result.silhouettes, sample.silhouettes);
  assertEquals(result.boxesUnit[0], sample.boxesUnit[0]);
  assertNotEquals(result.picture, sample.picture);
  assert(result.picture.every((value) => value >= 0 && value <= 1));
});

Deno.test("pictures: equal generators give equal results, others do not", () => {
  const config = { ...none, rotationDegrees: 10, noise: 0.1, intensity: 0.1 };
  const [a, b, c] = [1, 1, 2].map((seed) => augmentPicture(sample, xy, config, new Random(seed)));
  assertEquals(a, b);
  assertNotEquals(a.picture, c.picture);
});

Deno.test("silhouette box: exact for zeros and ones, between pixels for shares, null for none", () => {
  assertEquals(silhouetteBoxUnit(sample.silhouettes, rows, columns), {
    min: [4 / 26, 6 / 20],
    max: [11 / 26, 11 / 20],
  });
  assertEquals(silhouetteBoxUnit(new Float32Array(12), 3, 4), null);
  assertEquals(silhouetteBoxUnit(new Float32Array(12).fill(1), 3, 4), { min: [0, 0], max: [1, 1] });
  const soft = silhouetteBoxUnit(Float32Array.of(0, 0.25, 1, 0.75, 0), 1, 5)!;
  assertAlmostEquals(soft.min[0] * 5, 2.5 - 0.5 / 0.75, 1e-6);
  assertAlmostEquals(soft.max[0] * 5, 3.5 + 0.25 / 0.75, 1e-6);
});
