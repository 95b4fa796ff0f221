import * as tf from "../tf.ts";
import { BatchNorm } from "./batch_norm.ts";
import { DepthwiseConv3d } from "./depthwise_conv3d.ts";
import { DepthwiseConv3dTranspose } from "./depthwise_conv3d_transpose.ts";
import { FusedRefineBlock } from "./fused_refine_block.ts";
import { GroupNorm } from "./group_norm.ts";
import { Linear } from "./linear.ts";
import { Mlp } from "./mlp.ts";
import type { Pass, Scope } from "./parameters.ts";
import { SparseAttention } from "./sparse_attention.ts";

/** Shape of a {@linkcode RefineBlock}. */
export interface RefineBlockOptions {
  readonly channels: number;
  readonly heads: number;
  /** r: the attention sees every r-th voxel of each axis. */
  readonly stride: number;
}

/**
 * The refine structure (paper, section 3.2; Slim UNETR, Pang 2023): six residual steps that keep
 * the shape. `22 c^2 + (88 + r^3) c` parameters.
 */
export class RefineBlock {
  readonly #position1: DepthwiseConv3d;
  readonly #local: LocalMixer;
  readonly #mlp1: Mlp;
  readonly #position2: DepthwiseConv3d;
  readonly #attention: SparseAttention;
  readonly #spread: Spreader;
  readonly #mlp2: Mlp;
  readonly #fused: FusedRefineBlock;

  constructor(scope: Scope, options: RefineBlockOptions) {
    const { channels } = options;
    const others = scope.parameters.names().length;
    this.#position1 = new DepthwiseConv3d(scope.child("position1"), { channels, kernel: 3 });
    this.#local = new LocalMixer(scope.child("local"), channels);
    this.#mlp1 = new Mlp(scope.child("mlp1"), channels);
    this.#position2 = new DepthwiseConv3d(scope.child("position2"), { channels, kernel: 3 });
    this.#attention = new SparseAttention(scope.child("attention"), options);
    this.#spread = new Spreader(scope.child("spread"), options);
    this.#mlp2 = new Mlp(scope.child("mlp2"), channels);
    const own = scope.parameters.names().slice(others);
    this.#fused = new FusedRefineBlock(scope.parameters, own, options);
  }

  /** `[n, z, y, x, c]`, edges multiples of r; unchanged in shape. */
  apply(input: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    return tf.hasNativeOps() ? this.#fused.apply(input, pass) : this.#compose(input, pass);
  }

  #compose(input: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    return tf.tidy(() => {
      let x = input;
      x = x.add(this.#position1.apply(x));
      x = x.add(this.#local.apply(x, pass));
      x = x.add(this.#mlp1.apply(x));
      x = x.add(this.#position2.apply(x));
      x = x.add(this.#spread.apply(this.#attention.apply(x)));
      return x.add(this.#mlp2.apply(x));
    });
  }
}

/** Mixes neighbouring voxels: norm, channels, 3^3 neighbourhood, norm, channels. */
class LocalMixer {
  readonly #norm1: BatchNorm;
  readonly #pointwise1: Linear;
  readonly #depthwise: DepthwiseConv3d;
  readonly #norm2: BatchNorm;
  readonly #pointwise2: Linear;

  constructor(scope: Scope, channels: number) {
    const square = { inputs: channels, outputs: channels, bias: false };
    this.#norm1 = new BatchNorm(scope.child("norm1"), channels);
    this.#pointwise1 = new Linear(scope.child("pointwise1"), square);
    this.#depthwise = new DepthwiseConv3d(scope.child("depthwise"), { channels, kernel: 3 });
    this.#norm2 = new BatchNorm(scope.child("norm2"), channels);
    this.#pointwise2 = new Linear(scope.child("pointwise2"), square);
  }

  apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    const mixed = this.#depthwise.apply(this.#pointwise1.apply(this.#norm1.apply(x, pass)));
    return this.#pointwise2.apply(this.#norm2.apply(mixed, pass));
  }
}

/** Spreads what the attention found at every r-th voxel back over the cubes of r voxels. */
class Spreader {
  readonly #transposed: DepthwiseConv3dTranspose;
  readonly #norm: GroupNorm;
  readonly #pointwise: Linear;

  constructor(scope: Scope, { channels, stride }: RefineBlockOptions) {
    const square = { inputs: channels, outputs: channels, bias: false };
    this.#transposed = new DepthwiseConv3dTranspose(scope.child("transposed"), {
      channels,
      kernel: stride,
    });
    this.#norm = new GroupNorm(scope.child("norm"), { channels, groups: 1 });
    this.#pointwise = new Linear(scope.child("pointwise"), square);
  }

  apply(x: tf.Tensor5D): tf.Tensor5D {
    return this.#pointwise.apply(this.#norm.apply(this.#transposed.apply(x)));
  }
}
