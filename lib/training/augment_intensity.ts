import type { AugmentationConfig } from "../config/config.ts";
import type { Random } from "../random.ts";
import { volumeKernels } from "../volume/kernels.ts";

/** Noise is drawn from this many normal values: one index a voxel is quicker than one Box-Muller. */
const noiseTableSize = 8192;
const powerSteps = 1024;

/**
 * Bends the scale (gamma), changes contrast (about the mean) and brightness, and adds normal noise, in
 * place; the result is cut off at [0, 1]. Nothing changes when the configuration asks for none of it.
 */
export function changeIntensity(
  values: Float32Array,
  config: AugmentationConfig,
  random: Random,
): void {
  const { intensity, noise, gamma } = config;
  const { applyCurve, changeContrast } = volumeKernels();
  if (gamma !== 0) {
    applyCurve(values, powerTable(Math.exp(random.fork("gamma").uniform(-gamma, gamma))));
  }
  if (intensity === 0 && noise === 0) return;
  const contrast = 1 + random.uniform(-intensity, intensity);
  const brightness = random.uniform(-intensity, intensity);
  const offset = brightness + mean(values) * (1 - contrast);
  const table = noiseTable(random.uniform(0, noise), random);
  const places = new Uint32Array(Math.ceil(values.length / 2));
  random.fillUint32(places);
  changeContrast({ values, contrast, offset, noise: table, places });
}

/** value ** exponent at equal steps of [0, 1]: a power for each voxel would take longer than the rest. */
function powerTable(exponent: number): Float32Array {
  return Float32Array.from({ length: powerSteps + 2 }, (_, i) => (i / powerSteps) ** exponent);
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
