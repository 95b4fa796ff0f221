import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { matMul } from "./mat_mul.ts";
import { nativeCubeConv } from "./native_cube_conv.ts";
import { type Scope, uniformFanIn } from "./parameters.ts";
import { rowsToPatches } from "./patches3d.ts";

/** Shape of a {@linkcode Conv3dTranspose} layer. */
export interface Conv3dTransposeOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Edge of the cubic kernel, which is also the stride. */
  readonly kernel: number;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * A dense transposed 3D convolution whose stride equals its kernel: every voxel becomes a cube of
 * `kernel` voxels. Since the cubes do not overlap it is a matrix product.
 */
export class Conv3dTranspose {
  /** `[inputs, kernel, kernel, kernel, outputs]` */
  readonly weight: tf.Variable;
  /** `[outputs]` */
  readonly bias: tf.Variable | null;

  constructor(scope: Scope, { inputs, outputs, kernel, bias = true }: Conv3dTransposeOptions) {
    const usual = uniformFanIn(kernel ** 3 * outputs);
    this.weight = scope.weight("weight", [inputs, kernel, kernel, kernel, outputs], usual);
    this.bias = bias ? scope.weight("bias", [outputs], usual) : null;
  }

  /** `[n, z, y, x, inputs]` to `[n, z * kernel, y * kernel, x * kernel, outputs]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const y = tf.hasNativeOps()
      ? nativeCubeConv("up", x, this.weight, this.bias)
      : this.#compose(x);
    recordOp("transposedConvolution", y.size, y.size * x.shape[4]);
    return y;
  }

  #compose(x: tf.Tensor5D): tf.Tensor5D {
    const [inputs, kernel] = this.weight.shape;
    const [n, depth, height, width] = x.shape;
    const rows = matMul(
      x.reshape<tf.Tensor2D>([-1, inputs]),
      this.weight.reshape<tf.Tensor2D>([inputs, -1]),
    ); // [n z y x, kernel^3 outputs]
    const y = rowsToPatches(rows, [n, depth, height, width], kernel);
    return this.bias ? y.add(this.bias) : y;
  }
}
