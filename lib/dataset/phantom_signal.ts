import type { Random } from "../random.ts";
import { type Triple, voxelCount } from "../volume/volume.ts";
import type { Modality } from "./dataset.ts";
import type { Structure, Tissue } from "./phantom_anatomy.ts";

/** Mean signal of a tissue, its standard deviation between patients, and what contrast adds. */
interface TissueSignal {
  readonly mean: number;
  readonly deviation: number;
  /** Added at the height of a contrast agent's effect. */
  readonly contrast: number;
}

/** Hounsfield units, unenhanced, and the portal venous enhancement; rounded textbook values. */
const ctSignals: Readonly<Record<Tissue, TissueSignal>> = {
  fat: { mean: -100, deviation: 6, contrast: 0 },
  muscle: { mean: 50, deviation: 5, contrast: 12 },
  bone: { mean: 320, deviation: 50, contrast: 0 },
  lung: { mean: -830, deviation: 30, contrast: 0 },
  gas: { mean: -980, deviation: 5, contrast: 0 },
  blood: { mean: 42, deviation: 4, contrast: 110 },
  fluid: { mean: 8, deviation: 5, contrast: 0 },
  bowel: { mean: 42, deviation: 18, contrast: 25 },
  liver: { mean: 60, deviation: 7, contrast: 45 },
  spleen: { mean: 50, deviation: 5, contrast: 65 },
  kidney: { mean: 35, deviation: 5, contrast: 120 },
  prostate: { mean: 42, deviation: 5, contrast: 25 },
};

/** Arbitrary units of a fat-suppressed T2-weighted sequence. */
const mrSignals: Readonly<Record<Tissue, TissueSignal>> = {
  fat: { mean: 60, deviation: 12, contrast: 0 },
  muscle: { mean: 95, deviation: 10, contrast: 0 },
  bone: { mean: 70, deviation: 12, contrast: 0 },
  lung: { mean: 12, deviation: 3, contrast: 0 },
  gas: { mean: 6, deviation: 2, contrast: 0 },
  blood: { mean: 45, deviation: 15, contrast: 0 },
  fluid: { mean: 480, deviation: 40, contrast: 0 },
  bowel: { mean: 200, deviation: 60, contrast: 0 },
  liver: { mean: 140, deviation: 16, contrast: 0 },
  spleen: { mean: 260, deviation: 25, contrast: 0 },
  kidney: { mean: 320, deviation: 30, contrast: 0 },
  prostate: { mean: 220, deviation: 25, contrast: 0 },
};

/** Standard deviations: of the grain that the blur smooths, and of the noise on top of it. */
const ctNoise = { grain: 22, fine: 9, air: -1000 };
const mrNoise = { grain: 22, fine: 7, air: 0 };

/**
 * The scan of a painted patient: tissue signals with grain, blurred by the scanner, then for CT
 * Gaussian noise, and for MR a bias field and Rician noise. Integers, x fastest.
 *
 * @param painted index of each voxel's structure, -1 for air
 */
export function makeSignal(
  random: Random,
  structures: readonly Structure[],
  painted: Int16Array,
  shape: Triple,
  modality: Modality,
): Float32Array {
  const isCt = modality === "ct";
  const [table, noise] = isCt ? [ctSignals, ctNoise] : [mrSignals, mrNoise];
  const enhancement = random.next();
  const signals = Float32Array.from(structures, ({ tissue, signalDeviation }) => {
    const { mean, deviation, contrast } = table[tissue];
    return mean + deviation * signalDeviation + contrast * enhancement;
  });
  const data = new Float32Array(voxelCount(shape));
  const grain = random.fork("grain");
  for (let i = 0; i < data.length; i++) {
    data[i] = painted[i] < 0 ? noise.air : signals[painted[i]] + noise.grain * grain.normal();
  }
  blurAlong(data, shape, 0, 0.25);
  blurAlong(data, shape, 1, 0.25);
  blurAlong(data, shape, 2, 0.1);
  if (isCt) addCtNoise(random.fork("noise"), data);
  else addMrNoise(random.fork("noise"), data, shape);
  return data;
}

/** Each voxel gives the share `weight` to both its neighbours along an axis; the border is held. */
function blurAlong(data: Float32Array, shape: Triple, axis: 0 | 1 | 2, weight: number): void {
  const stride = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  const length = shape[axis];
  const block = stride * length;
  for (let from = 0; from < data.length; from += block) {
    for (let offset = 0; offset < stride; offset++) {
      let at = from + offset;
      let before = data[at];
      for (let i = 0; i < length; i++, at += stride) {
        const here = data[at];
        const after = i + 1 < length ? data[at + stride] : here;
        data[at] = here + weight * (before - here + (after - here));
        before = here;
      }
    }
  }
}

function addCtNoise(random: Random, data: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    const value = Math.round(data[i] + ctNoise.fine * random.normal());
    data[i] = Math.min(3071, Math.max(-1024, value));
  }
}

function addMrNoise(random: Random, data: Float32Array, shape: Triple): void {
  const gain = random.uniform(0.6, 3);
  const slope = [0, 1, 2].map(() => random.normal(0, 0.15));
  const wave = [0, 1, 2].map(() => random.normal(0, 1.5));
  const phase = random.uniform(0, 2 * Math.PI);
  let at = 0;
  for (let k = 0; k < shape[2]; k++) {
    const z = 2 * k / shape[2] - 1;
    for (let j = 0; j < shape[1]; j++) {
      const y = 2 * j / shape[1] - 1;
      for (let i = 0; i < shape[0]; i++, at++) {
        const x = 2 * i / shape[0] - 1;
        const bias = Math.exp(
          slope[0] * x + slope[1] * y + slope[2] * z +
            0.15 * Math.sin(wave[0] * x + wave[1] * y + wave[2] * z + phase),
        );
        const real = bias * data[at] + mrNoise.fine * random.normal();
        const imaginary = mrNoise.fine * random.normal();
        data[at] = Math.min(32767, Math.round(gain * Math.hypot(real, imaginary)));
      }
    }
  }
}
