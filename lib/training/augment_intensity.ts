import type { AugmentationConfig } from "../config/config.ts";
import type { Random } from "../random.ts";

/** Noise is drawn from this many normal values: one index a voxel is quicker than one Box-Muller. */
const placeBits = 13;
const noiseTableSize = 2 ** placeBits;
const lastEntry = noiseTableSize - 1;
const powerSteps = 1024;

/**
 * Bends the scale (gamma), changes contrast (about the mean) and brightness, and adds normal noise, in place; the result is
 * cut off at [0, 1]. Nothing changes when the configuration asks for neither.
 */
export function changeIntensity(
  values: Float32Array,
  config: AugmentationConfig,
  random: Random,
): void {
  const { intensity, noise, gamma } = config;
  if (gamma !== 0) {
    const exponent = Math.exp(random.fork("gamma").uniform(-gamma, gamma));
    const bent = powerTable(exponent);
    for (let i = 0; i < values.length; i++) values[i] = interpolate(bent, values[i]);
  }
  if (intensity === 0 && noise === 0) return;
  const contrast = 1 + random.uniform(-intensity, intensity);
  const brightness = random.uniform(-intensity, intensity);
  const offset = brightness + mean(values) * (1 - contrast);
  const table = noiseTable(random.uniform(0, noise), random);
  const bits = new Uint32Array(Math.ceil(values.length / 2)); // enough for two places in the table
  random.fillUint32(bits);
  for (let i = 0; i < values.length; i++) {
    const place = (bits[i >> 1] >>> (i & 1) * placeBits) & lastEntry;
    values[i] = clampUnit(values[i] * contrast + offset + table[place]);
  }
}

/** value ** exponent at equal steps of [0, 1]: a power for each voxel would take longer than the rest. */
function powerTable(exponent: number): Float32Array {
  return Float32Array.from({ length: powerSteps + 2 }, (_, i) => (i / powerSteps) ** exponent);
}

/** @param value in [0, 1] */
function interpolate(table: Float32Array, value: number): number {
  const place = value * powerSteps;
  const step = place | 0;
  return table[step] + (place - step) * (table[step + 1] - table[step]);
}

function noiseTable(standardDeviation: number, random: Random): Float32Array {
  const table = new Float32Array(noiseTableSize);
  if (standardDeviation === 0) return table;
  for (let i = 0; i < noiseTableSize; i++) table[i] = random.normal(0, standardDeviation);
  return table;
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length > 0 ? sum / values.length : 0;
}

function clampUnit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
