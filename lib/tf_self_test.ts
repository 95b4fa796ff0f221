/**
 * Proves that the native backend computes: a conv3d and its two gradients against numbers worked
 * out by hand. Run as a program, it prints what it found as JSON, and fails where a number is off.
 */
import * as tf from "./tf.ts";

/** What the self-test found. */
export interface SelfTest {
  readonly device: string;
  /** The version of the native TensorFlow library. */
  readonly tensorflow: string;
  readonly tfjs: string;
  /** Why the project's own ops are not in use; null when they are. */
  readonly withoutNativeOps: string | null;
}

/**
 * Input 3^3 with the values 0..26, a 2^3 kernel of 1..8, no padding, one channel. Output voxel
 * (0, 0, 0) is sum(v * k) over the values 0, 1, 3, 4, 9, 10, 12, 13 and the kernel 1..8 = 320; a
 * step along x, y, z adds 9, 3, 1 times the kernel's sum, 36. The gradient of the output's sum is,
 * for a kernel tap, the sum of the 8 voxels that it meets; for an input voxel, the sum of the taps
 * that reach it.
 *
 * @throws Error naming the first array that is off.
 */
export function selfTest(): SelfTest {
  const size = 3;
  const taps = 2;
  const { output, gradients } = tf.tidy(() => {
    const input = tf.range(0, size ** 3).reshape([1, size, size, size, 1]) as tf.Tensor5D;
    const kernel = tf.range(1, taps ** 3 + 1).reshape([taps, taps, taps, 1, 1]) as tf.Tensor5D;
    const convolve = (x: tf.Tensor, k: tf.Tensor) =>
      tf.conv3d(x as tf.Tensor5D, k as tf.Tensor5D, 1, "valid");
    const [inputGradient, kernelGradient] = tf.grads((x, k) => convolve(x, k).sum())(
      [input, kernel],
    );
    return {
      output: [...convolve(input, kernel).dataSync()],
      gradients: [[...inputGradient.dataSync()], [...kernelGradient.dataSync()]],
    };
  });
  const offsets = [0, 1, 3, 4, 9, 10, 12, 13];
  requireEqual("output", output, offsets.map((offset) => 320 + 36 * offset));
  requireEqual("gradient of the input", gradients[0], expectedInputGradient(size, taps));
  requireEqual("gradient of the kernel", gradients[1], offsets.map((offset) => 52 + 8 * offset));
  if (tf.hasNativeOps()) {
    requireEqual("native depth-wise twin", nativeNeighbours(), [8, 12, 18, 27]);
  }
  return {
    device: tf.deviceName(),
    tensorflow: tf.nativeVersion(),
    tfjs: tf.version["tfjs-core"],
    withoutNativeOps: tf.reasonWithoutNativeOps(),
  };
}

/** Neighbours within 3^3 of a corner, an edge, a face and the centre of a volume of 3^3 voxels. */
function nativeNeighbours(): number[] {
  const counts = tf.tidy(() =>
    tf.rawOp("RoisegDepthwiseConv3d", { mirrored: tf.attr.bool(false) }, [
      tf.ones([1, 3, 3, 3, 1]),
      tf.ones([3, 3, 3, 1]),
    ]).dataSync()
  );
  return [0, 1, 4, 13].map((voxel) => counts[voxel]);
}

/** For each input voxel, the sum of the kernel taps (1, 2, ...) that reach it. */
function expectedInputGradient(size: number, taps: number): number[] {
  const sums = new Array<number>(size ** 3).fill(0);
  const outputs = size - taps + 1;
  const each = (edge: number) => Array.from({ length: edge ** 3 }, (_, index) => index);
  for (const position of each(outputs)) {
    for (const tap of each(taps)) {
      const at = [0, 1, 2].map((axis) =>
        Math.floor(position / outputs ** axis) % outputs + Math.floor(tap / taps ** axis) % taps
      );
      sums[at[0] + size * (at[1] + size * at[2])] += tap + 1;
    }
  }
  return sums;
}

function requireEqual(name: string, seen: readonly number[], expected: readonly number[]): void {
  if (seen.length === expected.length && seen.every((value, i) => value === expected[i])) return;
  throw new Error(`conv3d's ${name} is [${seen}], but must be [${expected}]`);
}

if (import.meta.main) console.log(JSON.stringify(selfTest()));
