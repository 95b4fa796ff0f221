/**
 * Depth-wise convolutions with stride 2 and kernel 5, forth and back.
 *
 * A grid of even edges consists of eight interleaved grids of half the edge. Seen from one of them,
 * a step of 2 is a step of 1, and the 5 taps of an axis fall on 3 neighbours; so eight dense
 * convolutions with kernel 3 do the work.
 */
import * as tf from "../tf.ts";
import { depthwiseConv3d } from "../nn/depthwise_conv3d.ts";
import { recordLayer } from "../nn/layer_records.ts";
import { recordOp } from "../nn/macs.ts";
import { type Scope, uniformFanIn } from "../nn/parameters.ts";
import { patchesToRows, rowsToPatches } from "../nn/patches3d.ts";

const KERNEL = 5;
const TAPS = KERNEL ** 3;

/** A depth-wise convolution with kernel 5, stride 2, two zeros around and a bias. */
export class HalvingDepthwiseConv3d {
  readonly #weights: Weights;

  constructor(scope: Scope, channels: number) {
    this.#weights = weights(scope, channels);
  }

  /** `[n, z, y, x, c]`, edges even, to `[n, z / 2, y / 2, x / 2, c]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [n, depth, height, width, channels] = x.shape;
    const half = [n, depth / 2, height / 2, width / 2];
    const grids = patchesToRows(x, 2).reshape<tf.Tensor5D>([...half, 8 * channels]);
    const y = depthwiseConv3d(grids, interleavedKernel(this.#weights.kernel))
      .reshape([-1, 8, channels]).sum(1).reshape<tf.Tensor5D>([...half, channels]);
    recordOp("convolution", y.size, y.size * TAPS);
    recordLayer("convolution", y.size, TAPS, true);
    return y.add(this.#weights.bias);
  }
}

/**
 * A depth-wise transposed convolution with kernel 5, stride 2 and a bias, of whose result two voxels
 * are cut off at both ends.
 */
export class DoublingDepthwiseConv3d {
  readonly #weights: Weights;

  constructor(scope: Scope, channels: number) {
    this.#weights = weights(scope, channels);
  }

  /** `[n, z, y, x, c]` to `[n, 2 z - 1, 2 y - 1, 2 x - 1, c]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [n, depth, height, width] = x.shape;
    const mirrored = interleavedKernel(this.#weights.kernel).reverse<tf.Tensor4D>([0, 1, 2]);
    const copies = tf.concat(new Array<tf.Tensor5D>(8).fill(x), 4); // tile has no gradient here
    const grids = depthwiseConv3d(copies, mirrored);
    const y = withoutLastPlanes(rowsToPatches(grids, [n, depth, height, width], 2));
    recordOp("transposedConvolution", y.size, x.size * TAPS);
    recordLayer("transposedConvolution", y.size, TAPS, true);
    return y.add(this.#weights.bias);
  }
}

/** Cuts off the last voxel of each axis: `[n, z, y, x, c]` to `[n, z - 1, y - 1, x - 1, c]`. */
export function withoutLastPlanes(x: tf.Tensor5D): tf.Tensor5D {
  const [n, depth, height, width, channels] = x.shape;
  return x.slice([0, 0, 0, 0, 0], [n, depth - 1, height - 1, width - 1, channels]);
}

interface Weights {
  /** `[5, 5, 5, channels]` */
  readonly kernel: tf.Variable;
  /** `[channels]` */
  readonly bias: tf.Variable;
}

function weights(scope: Scope, channels: number): Weights {
  const usual = uniformFanIn(TAPS);
  return {
    kernel: scope.weight("weight", [KERNEL, KERNEL, KERNEL, channels], usual),
    bias: scope.weight("bias", [channels], usual),
  };
}

/** `[5, 5, 5, c]` to `[3, 3, 3, 8 c]`: the taps that each interleaved grid meets. */
function interleavedKernel(kernel: tf.Variable): tf.Tensor4D {
  const channels = kernel.shape[3] as number;
  const even = kernel.pad([[0, 1], [0, 1], [0, 1], [0, 0]]).expandDims<tf.Tensor5D>(0);
  return patchesToRows(even, 2).reshape([3, 3, 3, 8 * channels]);
}
