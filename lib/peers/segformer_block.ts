import * as tf from "../tf.ts";
import type { Pass, Scope } from "../nn/parameters.ts";
import { attend } from "./attend.ts";
import { BiasedDepthwiseConv3d } from "./biased_depthwise_conv3d.ts";
import {
  CountedBatchNorm,
  CountedConv3d,
  countedGelu,
  CountedLayerNorm,
  CountedLinear,
} from "./counted_layers.ts";

/** Shape of a {@linkcode SegformerBlock}. */
export interface SegformerBlockOptions {
  readonly channels: number;
  readonly heads: number;
  /** R: keys and values are taken from cubes of R voxels. */
  readonly reduction: number;
}

/**
 * A transformer block of SegFormer3D (Perera 2024): attention and a perceptron, each after a norm
 * and with a residual. No position encoding: the perceptron's convolution carries position.
 */
export class SegformerBlock {
  readonly #norm1: CountedLayerNorm;
  readonly #attention: ReducedAttention;
  readonly #norm2: CountedLayerNorm;
  readonly #mlp: ConvolutionalMlp;

  constructor(scope: Scope, options: SegformerBlockOptions) {
    this.#norm1 = new CountedLayerNorm(scope.child("norm1"), options.channels);
    this.#attention = new ReducedAttention(scope.child("attention"), options);
    this.#norm2 = new CountedLayerNorm(scope.child("norm2"), options.channels);
    this.#mlp = new ConvolutionalMlp(scope.child("mlp"), options.channels);
  }

  /** `[n, z, y, x, c]`, unchanged in shape. */
  apply(input: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    return tf.tidy(() => {
      const x = input.add<tf.Tensor5D>(this.#attention.apply(this.#norm1.apply(input)));
      return x.add(this.#mlp.apply(this.#norm2.apply(x), pass));
    });
  }
}

/** Self-attention of all voxels whose keys and values come from a grid coarser by R. */
class ReducedAttention {
  readonly #query: CountedLinear;
  readonly #keyValue: CountedLinear;
  readonly #projection: CountedLinear;
  /** Null where R is 1. */
  readonly #reduce: { readonly conv: CountedConv3d; readonly norm: CountedLayerNorm } | null;
  readonly #heads: number;

  constructor(scope: Scope, { channels, heads, reduction }: SegformerBlockOptions) {
    const square = { inputs: channels, outputs: channels };
    this.#query = new CountedLinear(scope.child("query"), square);
    this.#keyValue = new CountedLinear(scope.child("key_value"), {
      inputs: channels,
      outputs: 2 * channels,
    });
    this.#projection = new CountedLinear(scope.child("proj"), square);
    this.#reduce = reduction === 1 ? null : {
      conv: new CountedConv3d(scope.child("sr"), {
        ...square,
        kernel: reduction,
        stride: reduction,
      }),
      norm: new CountedLayerNorm(scope.child("sr_norm"), channels),
    };
    this.#heads = heads;
  }

  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [n, , , , channels] = x.shape;
    const width = channels / this.#heads;
    const query = this.#query.apply(x).reshape([n, -1, this.#heads, width])
      .transpose([0, 2, 1, 3]); // [n, heads, voxels, width]
    const source = this.#reduce ? this.#reduce.norm.apply(this.#reduce.conv.apply(x)) : x;
    const [key, value] = tf.unstack(
      this.#keyValue.apply(source).reshape([n, -1, 2, this.#heads, width])
        .transpose([2, 0, 3, 1, 4]),
    ); // each [n, heads, keys, width]
    const mixed = attend(query, key, value).transpose([0, 2, 1, 3]);
    return this.#projection.apply(mixed.reshape(x.shape));
  }
}

/** A perceptron C -> 4 C -> C with a depth-wise convolution and a batch norm before its GELU. */
class ConvolutionalMlp {
  readonly #expand: CountedLinear;
  readonly #conv: BiasedDepthwiseConv3d;
  readonly #norm: CountedBatchNorm;
  readonly #compress: CountedLinear;

  constructor(scope: Scope, channels: number) {
    const hidden = 4 * channels;
    const conv = scope.child("dwconv");
    this.#expand = new CountedLinear(scope.child("fc1"), { inputs: channels, outputs: hidden });
    this.#conv = new BiasedDepthwiseConv3d(conv.child("dwconv"), { channels: hidden, kernel: 3 });
    this.#norm = new CountedBatchNorm(conv.child("bn"), hidden);
    this.#compress = new CountedLinear(scope.child("fc2"), { inputs: hidden, outputs: channels });
  }

  apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    const hidden = this.#norm.apply(this.#conv.apply(this.#expand.apply(x)), pass);
    return this.#compress.apply(countedGelu(hidden));
  }
}
