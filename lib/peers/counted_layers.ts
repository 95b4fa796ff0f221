/**
 * The layers of lib/nn as the peers use them: each also reports itself to the trace of layers, from
 * which the operations of the paper's Table 5 are counted.
 */
import type * as tf from "../tf.ts";
import { BatchNorm } from "../nn/batch_norm.ts";
import { Conv3d } from "../nn/conv3d.ts";
import { Conv3dTranspose } from "../nn/conv3d_transpose.ts";
import { gelu } from "../nn/gelu.ts";
import { recordLayer } from "../nn/layer_records.ts";
import { LayerNorm } from "../nn/layer_norm.ts";
import { Linear } from "../nn/linear.ts";
import type { Pass } from "../nn/parameters.ts";
import { relu } from "../nn/relu.ts";

/** {@linkcode Conv3d}, reported. */
export class CountedConv3d extends Conv3d {
  override apply(x: tf.Tensor5D): tf.Tensor5D {
    const y = super.apply(x);
    const [kernel, , , inputs] = this.weight.shape;
    recordLayer("convolution", y.size, kernel ** 3 * inputs, this.bias !== null);
    return y;
  }
}

/** {@linkcode Conv3dTranspose}, reported. */
export class CountedConv3dTranspose extends Conv3dTranspose {
  override apply(x: tf.Tensor5D): tf.Tensor5D {
    const y = super.apply(x);
    const [inputs, kernel] = this.weight.shape;
    recordLayer("transposedConvolution", y.size, kernel ** 3 * inputs, this.bias !== null);
    return y;
  }
}

/** {@linkcode Linear}, reported. */
export class CountedLinear extends Linear {
  override apply<T extends tf.Tensor>(x: T): T {
    const y = super.apply(x);
    recordLayer("linear", y.size, this.weight.shape[0], this.bias !== null);
    return y;
  }
}

/** {@linkcode BatchNorm}, reported. */
export class CountedBatchNorm extends BatchNorm {
  override apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    recordLayer("batchNorm", x.size);
    return super.apply(x, pass);
  }
}

/** {@linkcode LayerNorm}, reported. */
export class CountedLayerNorm extends LayerNorm {
  override apply<T extends tf.Tensor>(x: T): T {
    recordLayer("layerNorm", x.size);
    return super.apply(x);
  }
}

/** {@linkcode gelu}, reported. */
export function countedGelu<T extends tf.Tensor>(x: T): T {
  recordLayer("gelu", x.size);
  return gelu(x);
}

/** `max(x, 0)`, reported. */
export function countedRelu<T extends tf.Tensor>(x: T): T {
  recordLayer("relu", x.size);
  return relu(x);
}

/** x where it is positive, else x / 100, reported. */
export function countedLeakyRelu<T extends tf.Tensor>(x: T): T {
  recordLayer("leakyRelu", x.size);
  return x.leakyRelu(0.01);
}
