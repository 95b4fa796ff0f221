import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { type Scope, uniformFanIn } from "./parameters.ts";
import { rowsToPatches } from "./patches3d.ts";

/**
 * A depth-wise transposed 3D convolution, with bias, whose stride equals its kernel: every voxel
 * becomes a cube of `kernel` voxels, one pattern per channel. With kernel 1 it is a scale and a
 * shift of each channel.
 */
export class DepthwiseConv3dTranspose {
  /** `[kernel, kernel, kernel, channels]` */
  readonly weight: tf.Variable;
  /** `[channels]` */
  readonly bias: tf.Variable;

  constructor(scope: Scope, { channels, kernel }: { channels: number; kernel: number }) {
    const usual = uniformFanIn(kernel ** 3);
    this.weight = scope.weight("weight", [kernel, kernel, kernel, channels], usual);
    this.bias = scope.weight("bias", [channels], usual);
  }

  /** `[n, z, y, x, channels]` to `[n, z * kernel, y * kernel, x * kernel, channels]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [kernel, , , channels] = this.weight.shape;
    const [n, depth, height, width] = x.shape;
    const rows = tf.mul(
      x.reshape([-1, 1, channels]),
      this.weight.reshape([1, kernel ** 3, channels]),
    ); // [n z y x, kernel^3, channels]
    const y = rowsToPatches(rows, [n, depth, height, width], kernel);
    recordOp("transposedConvolution", y.size, y.size);
    return y.add(this.bias);
  }
}
