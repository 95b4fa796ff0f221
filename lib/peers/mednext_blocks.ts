import * as tf from "../tf.ts";
import { ScaledInstanceNorm } from "../nn/instance_norm.ts";
import { recordLayer } from "../nn/layer_records.ts";
import { recordOp } from "../nn/macs.ts";
import { matMul } from "../nn/mat_mul.ts";
import { type Scope, uniformFanIn } from "../nn/parameters.ts";
import { rowsToPatches } from "../nn/patches3d.ts";
import { subsample } from "../nn/subsample.ts";
import { BiasedDepthwiseConv3d } from "./biased_depthwise_conv3d.ts";
import { CountedConv3d } from "./counted_layers.ts";
import {
  DoublingDepthwiseConv3d,
  HalvingDepthwiseConv3d,
  withoutLastPlanes,
} from "./interleaved_depthwise.ts";
import { Perceptron } from "./perceptron.ts";

const KERNEL = 5;

/** A layer that moves information between voxels. */
interface SpatialLayer {
  apply(x: tf.Tensor5D): tf.Tensor5D;
}

/** What the blocks share: a spatial layer, a norm per channel, a perceptron C -> 2 C -> outputs. */
class MainPath {
  readonly #spatial: SpatialLayer;
  readonly #norm: ScaledInstanceNorm;
  readonly #perceptron: Perceptron;

  constructor(scope: Scope, spatial: SpatialLayer, channels: number, outputs: number) {
    this.#spatial = spatial;
    this.#norm = new ScaledInstanceNorm(scope.child("norm"), channels);
    this.#perceptron = new Perceptron(
      { expand: scope.child("conv2"), compress: scope.child("conv3") },
      { inputs: channels, hidden: 2 * channels, outputs, kind: "convolution" },
    );
  }

  apply(x: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      // On a fine grid each step takes many times the memory of its result.
      const mixed = tf.tidy(() => this.#spatial.apply(x));
      const normalized = tf.tidy(() => this.#norm.apply(mixed));
      return this.#perceptron.apply(normalized) as tf.Tensor5D;
    });
  }
}

/** A ConvNeXt-like block of MedNeXt (Roy 2023) with its residual. */
export class MednextBlock {
  readonly #main: MainPath;

  constructor(scope: Scope, channels: number) {
    const spatial = new BiasedDepthwiseConv3d(scope.child("conv1"), { channels, kernel: KERNEL });
    this.#main = new MainPath(scope, spatial, channels, channels);
  }

  /** `[n, z, y, x, c]`, unchanged in shape. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => x.add(this.#main.apply(x)));
  }
}

/** The block that halves the grid and doubles the channels. */
export class MednextDownBlock {
  readonly #main: MainPath;
  readonly #shortcut: CountedConv3d;

  constructor(scope: Scope, channels: number) {
    const spatial = new HalvingDepthwiseConv3d(scope.child("conv1"), channels);
    this.#main = new MainPath(scope, spatial, channels, 2 * channels);
    this.#shortcut = new CountedConv3d(scope.child("res_conv"), {
      inputs: channels,
      outputs: 2 * channels,
      kernel: 1,
    });
  }

  /** `[n, z, y, x, c]`, edges even, to `[n, z / 2, y / 2, x / 2, 2 c]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => this.#main.apply(x).add(this.#shortcut.apply(subsample(x, 2))));
  }
}

/**
 * The block that doubles the grid and halves the channels. Both its paths end one voxel short; as
 * published, zeros in front of every axis make up for that.
 */
export class MednextUpBlock {
  readonly #main: MainPath;
  readonly #shortcut: SpreadingConv3d;

  constructor(scope: Scope, channels: number) {
    const spatial = new DoublingDepthwiseConv3d(scope.child("conv1"), channels);
    this.#main = new MainPath(scope, spatial, channels, channels / 2);
    this.#shortcut = new SpreadingConv3d(scope.child("res_conv"), channels, channels / 2);
  }

  /** `[n, z, y, x, c]` to `[n, 2 z, 2 y, 2 x, c / 2]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const sum = this.#main.apply(x).add<tf.Tensor5D>(this.#shortcut.apply(x));
      return sum.pad([[0, 0], [1, 0], [1, 0], [1, 0], [0, 0]]);
    });
  }
}

/**
 * A transposed convolution with kernel 1 and stride 2: the voxels are mapped and moved apart, and
 * between them lies the bias alone.
 */
class SpreadingConv3d {
  /** `[inputs, 1, 1, 1, outputs]` */
  readonly #weight: tf.Variable;
  readonly #bias: tf.Variable;

  constructor(scope: Scope, inputs: number, outputs: number) {
    const usual = uniformFanIn(outputs);
    this.#weight = scope.weight("weight", [inputs, 1, 1, 1, outputs], usual);
    this.#bias = scope.weight("bias", [outputs], usual);
  }

  /** `[n, z, y, x, inputs]` to `[n, 2 z - 1, 2 y - 1, 2 x - 1, outputs]`. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const [n, depth, height, width, inputs] = x.shape;
    const outputs = this.#bias.size;
    const mapped = matMul(
      x.reshape<tf.Tensor2D>([-1, inputs]),
      this.#weight.reshape<tf.Tensor2D>([inputs, outputs]),
    );
    const cubes = mapped.expandDims(1).pad([[0, 0], [0, 7], [0, 0]]); // [n z y x, 8, outputs]
    const y = withoutLastPlanes(rowsToPatches(cubes, [n, depth, height, width], 2));
    recordOp("transposedConvolution", y.size, x.size * outputs);
    recordLayer("transposedConvolution", y.size, inputs, true);
    return y.add(this.#bias);
  }
}
