import { gunzipSync, gzipSync } from "node:zlib";
import { Random } from "../random.ts";
import * as tf from "../tf.ts";
import type { Measurement, WorkLimit } from "./measurement.ts";
import { finish } from "./tensor_work.ts";
import { measure, type Repeats, type Timing } from "./timing.ts";

/** What the machine reaches on the work that it does best. */
export interface MachineLimits {
  /** Floating-point operations per second: the better of matrix product and 3D convolution. */
  readonly flops: number;
  /** Bytes per second between the processor and main memory. */
  readonly bytesPerSecond: number;
}

/** How large the pieces of work are. */
export interface LimitSizes {
  /** Edge of the matrices. */
  readonly matrix: number;
  /** Edge of the volume of 32 channels. */
  readonly volume: number;
  /** Values of the vectors that are added; their bytes must exceed the processor's caches. */
  readonly vector: number;
  /** Bytes that are inflated. */
  readonly inflated: number;
}

/** Sizes that a desktop's caches do not hold. */
export const usualLimitSizes: LimitSizes = {
  matrix: 1024,
  volume: 32,
  vector: 1 << 24,
  inflated: 1 << 24,
};

const channels = 32;
const opsInOneRun = 1000;

/** Measures what the machine can do, before anything is compared with it. */
export async function measureLimits(
  repeats: Repeats,
  sizes: LimitSizes = usualLimitSizes,
): Promise<{ limits: MachineLimits; measurements: Measurement[] }> {
  const matMul = await measureMatMul(sizes.matrix, repeats);
  const conv3d = await measureConv3d(sizes.volume, repeats);
  const memory = await measureMemory(sizes.vector, repeats);
  const inflation = await measureInflation(sizes.inflated, repeats);
  const overhead = await measureOverhead(repeats);
  return {
    limits: {
      flops: 1e9 * Math.max(matMul.facts["GFLOP/s"], conv3d.facts["GFLOP/s"]),
      bytesPerSecond: 1e9 * memory.facts["GB/s"],
    },
    measurements: [matMul, conv3d, memory, inflation, overhead],
  };
}

/**
 * The limit of work with so many multiply-accumulates on so many bytes, each of which has to be
 * moved at least once.
 */
export function workLimit(
  { flops, bytesPerSecond }: MachineLimits,
  work: { readonly macs: number; readonly bytes: number },
): WorkLimit {
  const arithmeticMs = 1000 * 2 * work.macs / flops;
  const memoryMs = 1000 * work.bytes / bytesPerSecond;
  return arithmeticMs > memoryMs
    ? { ms: arithmeticMs, by: "arithmetic" }
    : { ms: memoryMs, by: "memory" };
}

async function measureMatMul(edge: number, repeats: Repeats): Promise<Measurement> {
  const [a, b] = [tf.randomUniform([edge, edge]), tf.randomUniform([edge, edge])];
  const timing = await measure(() => finish(() => tf.matMul(a, b)), repeats);
  tf.dispose([a, b]);
  return limitOf(`matrix product ${edge}^2`, timing, "GFLOP/s", 2 * edge ** 3 / 1e9);
}

async function measureConv3d(edge: number, repeats: Repeats): Promise<Measurement> {
  const x: tf.Tensor5D = tf.randomUniform([1, edge, edge, edge, channels]);
  const kernel: tf.Tensor5D = tf.randomUniform([3, 3, 3, channels, channels]);
  const timing = await measure(() => finish(() => tf.conv3d(x, kernel, 1, "same")), repeats);
  tf.dispose([x, kernel]);
  // The products with the zeros around the volume are counted, as is usual.
  const flop = 2 * edge ** 3 * 27 * channels ** 2;
  const name = `conv3d 3^3, ${channels} channels, ${edge}^3`;
  return limitOf(name, timing, "GFLOP/s", flop / 1e9);
}

async function measureMemory(length: number, repeats: Repeats): Promise<Measurement> {
  const [a, b] = [tf.randomUniform([length]), tf.randomUniform([length])];
  const timing = await measure(() => finish(() => tf.add(a, b)), repeats);
  tf.dispose([a, b]);
  const gigabytes = 3 * length * Float32Array.BYTES_PER_ELEMENT / 1e9; // two read, one written
  return limitOf(`memory: sum of two vectors of ${length}`, timing, "GB/s", gigabytes);
}

async function measureInflation(length: number, repeats: Repeats): Promise<Measurement> {
  const random = new Random("inflation");
  const noise = Int16Array.from({ length: length / 2 }, () => random.normal(40, 12));
  const compressed = gzipSync(new Uint8Array(noise.buffer), { level: 6 });
  const timing = await measure(() => gunzipSync(compressed), repeats);
  return limitOf("gunzip of noise like a CT's", timing, "MB/s", length / 1e6);
}

async function measureOverhead(repeats: Repeats): Promise<Measurement> {
  const one = tf.scalar(1);
  const timing = await measure(() => {
    for (let i = 0; i < opsInOneRun; i++) tf.neg(one).dispose();
  }, repeats);
  one.dispose();
  const name = `${opsInOneRun} ops on a single value`;
  const facts = { "us per op": 1000 * timing.medianMs / opsInOneRun };
  return { part: "limits", name, timing, facts };
}

function limitOf(name: string, timing: Timing, unit: string, amount: number): Measurement {
  return { part: "limits", name, timing, facts: { [unit]: 1000 * amount / timing.medianMs } };
}
