import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { AugmentationConfig } from "../../lib/config/config.ts";
import { Random } from "../../lib/random.ts";
import { augmentVolume, type VolumeSample } from "../../lib/training/augment_volume.ts";
import type { Triple } from "../../lib/volume/volume.ts";

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
const shape: Triple = [7, 5, 4];

/** The labels are the image and its complement, so that both must move alike. */
function makeSample(shape: Triple, value: (x: number, y: number, z: number) => number) {
  const [width, height, depth] = shape;
  const image = new Float32Array(width * height * depth);
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) image[x + width * (y + height * z)] = value(x, y, z);
    }
  }
  const labels = new Float32Array(2 * image.length);
  image.forEach((v, i) => labels.set([v, 1 - v], 2 * i));
  return { shape, image, labels, channels: 2 } satisfies VolumeSample;
}

const random = new Random("volume");
const noisy = makeSample(shape, () => random.next());

function assertTogether({ image, labels }: VolumeSample): void {
  image.forEach((value, i) => {
    assertAlmostEquals(labels[2 * i], value, 1e-5);
    assertAlmostEquals(labels[2 * i + 1], 1 - value, 1e-5);
  });
}

Deno.test("volumes: no augmentation is a copy", () => {
  const result = augmentVolume(noisy, none, new Random(1));
  assertEquals(result, noisy);
  assert(result.image !== noisy.image && result.labels !== noisy.labels);
});

Deno.test("volumes: a flip mirrors the allowed axis exactly, image and labels alike", () => {
  const at = (sample: VolumeSample, x: number, y: number, z: number) =>
    sample.image[x + shape[0] * (y + shape[1] * z)];
  const seen = new Set<boolean>();
  for (let seed = 0; seed < 12; seed++) {
    const result = augmentVolume(noisy, { ...none, flipAxes: ["y"] }, new Random(seed));
    const flipped = at(result, 0, 0, 0) !== at(noisy, 0, 0, 0);
    seen.add(flipped);
    for (let x = 0; x < 7; x++) {
      for (let y = 0; y < 5; y++) {
        assertEquals(at(result, x, y, 2), at(noisy, x, flipped ? 4 - y : y, 2));
      }
    }
    assertTogether(result);
  }
  assertEquals(seen.size, 2);
});

Deno.test("volumes: image and labels stay together under every affine change", () => {
  const config = { ...none, flipAxes: ["x", "z"] as const, rotationDegrees: 20, scale: 0.2 };
  for (let seed = 0; seed < 5; seed++) {
    const result = augmentVolume(noisy, { ...config, shift: 0.1 }, new Random(seed));
    assertNotEquals(result.image, noisy.image);
    assertTogether(result);
  }
});

Deno.test("volumes: a shift moves a ramp by less than its limit, the border goes on", () => {
  const ramp = makeSample([16, 6, 5], (x) => x / 16);
  const { image } = augmentVolume(ramp, { ...none, shift: 0.1 }, new Random(3));
  const by = (image[8] - ramp.image[8]) * 16;
  assert(by !== 0 && Math.abs(by) <= 1.6, `${by}`);
  for (let x = 3; x < 13; x++) assertAlmostEquals(image[x], (x + by) / 16, 1e-5);
  assertAlmostEquals(image[by < 0 ? 0 : 15], by < 0 ? 0 : 15 / 16, 1e-6);
});

Deno.test("volumes: a change of size keeps the centre and scales about it", () => {
  const ramp = makeSample([17, 5, 3], (x) => x / 20);
  const { image } = augmentVolume(ramp, { ...none, scale: 0.2 }, new Random(5));
  assertAlmostEquals(image[8], 8 / 20, 1e-5);
  const factor = (image[10] - image[6]) / (ramp.image[10] - ramp.image[6]);
  assert(factor !== 1 && factor > 1 / 1.2 && factor < 1 / 0.8, `${factor}`);
});

Deno.test("volumes: a rotation turns a ramp without stretching it", () => {
  const ramp = makeSample([31, 31, 31], (x) => x / 40);
  const { image } = augmentVolume(ramp, { ...none, rotationDegrees: 15 }, new Random(2));
  const center = 15 * (1 + 31 + 31 * 31);
  const slope = [1, 31, 961].map((step) => (image[center + step] - image[center - step]) * 20);
  assertAlmostEquals(Math.hypot(...slope), 1, 1e-4);
  assert(slope[0] > Math.cos(Math.PI / 6) && slope[0] < 1);
});

Deno.test("volumes: intensity and blanked boxes change the image only, inside [0, 1]", () => {
  const config = { ...none, intensity: 0.5, noise: 0.2, dropoutBoxes: 3 };
  const sample = makeSample([16, 9, 8], () => 0.2 + 0.6 * random.next());
  const result = augmentVolume(sample, config, new Random(8));
  assertEquals(result.labels, sample.labels);
  assertNotEquals(result.image, sample.image);
  assert(result.image.every((value) => value >= 0 && value <= 1));
});

Deno.test("volumes: blanked boxes have an eighth of the edge", () => {
  const full = makeSample([16, 8, 24], () => 1);
  const { image } = augmentVolume(full, { ...none, dropoutBoxes: 1 }, new Random(4));
  assertEquals(image.filter((value) => value === 0).length, 2 * 1 * 3);
});

Deno.test("volumes: noise is normal, with a spread up to the asked one", () => {
  const sample = makeSample([40, 30, 20], () => 0.5);
  const spreads = Array.from({ length: 30 }, (_, seed) => {
    const { image } = augmentVolume(sample, { ...none, noise: 0.05 }, new Random(seed));
    const mean = image.reduce((a, b) => a + b) / image.length;
    assertAlmostEquals(mean, 0.5, 2e-3);
    return Math.sqrt(image.reduce((a, b) => a + (b - mean) ** 2, 0) / image.length);
  });
  const most = Math.max(...spreads);
  assert(most > 0.8 * 0.05 && most < 1.05 * 0.05, `${most}`);
  assert(Math.min(...spreads) < 0.2 * 0.05, "it is drawn anew for each sample");
});

Deno.test("volumes: contrast turns about the mean, then brightness shifts", () => {
  // Uneven, so that the mean is not the middle: 0.4 + 0.2 t^2 has the mean 0.4667.
  const size = 12 * 10 * 8;
  const sample = makeSample([12, 10, 8], (x, y, z) => {
    return 0.4 + 0.2 * ((x + 12 * (y + 10 * z)) / (size - 1)) ** 2;
  });
  const mean = sample.image.reduce((a, b) => a + b) / size;
  const changes = Array.from({ length: 30 }, (_, seed) => {
    const { image } = augmentVolume(sample, { ...none, intensity: 0.2 }, new Random(seed));
    const contrast = (image[size - 1] - image[0]) / (sample.image[size - 1] - sample.image[0]);
    const brightness = image.reduce((a, b) => a + b) / size - mean;
    image.forEach((value, i) =>
      assertAlmostEquals(value, mean + contrast * (sample.image[i] - mean) + brightness, 1e-5)
    );
    return [contrast - 1, brightness];
  });
  for (const part of [0, 1]) {
    const sizes = changes.map((change) => change[part]);
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
    assert(low >= -0.2 - 1e-5 && low < -0.1 && high > 0.1 && high <= 0.2 + 1e-5, `${low} ${high}`);
  }
});

Deno.test("volumes: equal generators give equal results, others do not", () => {
  const config = {
    flipAxes: ["x"],
    rotationDegrees: 10,
    scale: 0.1,
    shift: 0.1,
    intensity: 0.1,
    gamma: 0,
    organContrast: 0,
    noise: 0.1,
    dropoutBoxes: 2,
  } as const;
  const [a, b, c] = [1, 1, 2].map((seed) => augmentVolume(noisy, config, new Random(seed)));
  assertEquals(a, b);
  assertNotEquals(a.image, c.image);
});

Deno.test("volumes: gamma bends the scale and keeps its ends and order", () => {
  const ramp = Float32Array.from({ length: 6 * 5 * 4 }, (_, i) => i / 119);
  const labels = new Float32Array(ramp.length);
  const sample: VolumeSample = { shape: [6, 5, 4], image: ramp, labels, channels: 1 };
  const config = { ...none, gamma: 0.5 };
  const exponents = Array.from({ length: 20 }, (_, seed) => {
    const { image } = augmentVolume(sample, config, new Random(seed));
    assertEquals([image[0], image[119]], [0, 1]);
    const exponent = Math.log(image[60]) / Math.log(ramp[60]);
    image.forEach((value, i) => {
      if (i > 0) assert(value > image[i - 1]);
      assertAlmostEquals(value, ramp[i] ** exponent, 2e-3);
    });
    return Math.log(exponent);
  });
  assert(Math.min(...exponents) < -0.3 && Math.max(...exponents) > 0.3, `${exponents}`);
  assert(exponents.every((value) => Math.abs(value) <= 0.5 + 1e-3));
});

Deno.test("volumes: the organ's own intensity changes by one factor, by its shares", () => {
  const image = new Float32Array(60).fill(0.4);
  const labels = Float32Array.from({ length: 60 }, (_, i) => [0, 1, 0.5][i % 3]);
  const sample: VolumeSample = { shape: [5, 4, 3], image, labels, channels: 1 };
  const config = { ...none, organContrast: 0.4 };
  const factors = Array.from({ length: 20 }, (_, seed) => {
    const { image: changed } = augmentVolume(sample, config, new Random(seed));
    const factor = changed[1] / 0.4;
    changed.forEach((value, i) => {
      assertAlmostEquals(value, 0.4 * (1 + labels[i] * (factor - 1)), 1e-6);
    });
    return Math.log(factor);
  });
  assert(Math.min(...factors) < -0.2 && Math.max(...factors) > 0.2, `${factors}`);
  // Of several classes, channel 0 is the background.
  const shares = Float32Array.from({ length: 180 }, (_, i) => [0.25, 0.25, 0.5][i % 3]);
  const several = { ...sample, labels: shares, channels: 3 };
  const { image: mixed } = augmentVolume(several, config, new Random(3));
  assertAlmostEquals(mixed[7], 0.4 * (1 + 0.75 * (Math.exp(factors[3]) - 1)), 1e-6);
});
