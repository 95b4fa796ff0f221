import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import type { Parameters, Pass } from "./parameters.ts";
import type { RefineBlockOptions } from "./refine_block.ts";

/** Trained tensors of a block, and its running statistics: the op's definition counts them too. */
const WEIGHT_COUNT = 19;
const STATISTIC_COUNT = 4;

/**
 * A refine block as one op of our own each way (lib/nn/native/refine_block.h): the same function of
 * the same parameters as the composed block, without the price of some hundred small ops and with
 * nothing kept but the result of each step.
 */
export class FusedRefineBlock {
  readonly #options: RefineBlockOptions;
  readonly #weights: readonly tf.Variable[];
  /** Running mean and variance of the local step's first norm, then of its second. */
  readonly #statistics: readonly tf.Variable[];

  /** @param names of the block's parameters, in the order of their creation */
  constructor(parameters: Parameters, names: readonly string[], options: RefineBlockOptions) {
    const trainable = new Set(parameters.names("trainable"));
    this.#weights = names.filter((name) => trainable.has(name)).map((n) => parameters.get(n));
    this.#statistics = names.filter((name) => !trainable.has(name)).map((n) => parameters.get(n));
    this.#options = options;
    if (this.#weights.length !== WEIGHT_COUNT || this.#statistics.length !== STATISTIC_COUNT) {
      throw new Error(`a refine block has ${WEIGHT_COUNT} weights, not ${this.#weights.length}`);
    }
  }

  /** `[n, z, y, x, c]`, edges multiples of r; unchanged in shape. */
  apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    recordBlock(x.shape, this.#options);
    const attributes = {
      heads: tf.attr.int(this.#options.heads),
      stride: tf.attr.int(this.#options.stride),
      training: tf.attr.bool(pass.training),
      weight_count: tf.attr.int(WEIGHT_COUNT),
    };
    const withStatistics = { ...attributes, statistic_count: tf.attr.int(STATISTIC_COUNT) };
    return pass.training || tf.isRecordingGradient()
      ? this.#applyWithGradient(x, attributes, withStatistics, pass.training)
      : tf.rawOp("RoisegRefineBlockInfer", withStatistics, [
        x,
        ...this.#weights,
        ...this.#statistics,
      ]) as tf.Tensor5D;
  }

  #applyWithGradient(
    x: tf.Tensor5D,
    attributes: tf.RawAttrs,
    withStatistics: tf.RawAttrs,
    training: boolean,
  ): tf.Tensor5D {
    const op = tf.customGrad((...args) => {
      const inputs = args.slice(0, -1) as tf.Tensor[];
      const save = args.at(-1) as tf.GradSaveFunc;
      const [value, features, statistics, ...moved] = tf.rawOps(
        "RoisegRefineBlockApply",
        withStatistics,
        [...inputs, ...this.#statistics],
        3 + STATISTIC_COUNT,
      );
      if (training) this.#statistics.forEach((variable, i) => variable.assign(moved[i]));
      // Not the weights: each would be copied to a tensor of its own, and they stay what they are.
      save([x, features, statistics]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, [x, features, statistics]: tf.Tensor[]) =>
          tf.rawOps(
            "RoisegRefineBlockBack",
            attributes,
            [x, ...this.#weights, features, statistics, dy],
            1 + WEIGHT_COUNT,
          ),
      };
    });
    return tf.tidy(() => op(x, ...this.#weights) as tf.Tensor5D);
  }
}

/** Reports the operations of which the block consists, as its layers do when they are composed. */
function recordBlock(shape: readonly number[], { channels, heads, stride }: RefineBlockOptions) {
  const [n, depth, height, width] = shape;
  const voxels = n * depth * height * width;
  const size = voxels * channels;
  const tokens = depth * height * width / stride ** 3;
  const depthwise = () => recordOp("convolution", size, 27 * size);
  const linear = (rows: number, inputs: number, outputs: number) =>
    recordOp("linear", rows * outputs, rows * inputs * outputs);
  const mlp = () => {
    linear(voxels, channels, 4 * channels);
    linear(voxels, 4 * channels, channels);
  };
  depthwise();
  recordOp("batchNorm", size);
  linear(voxels, channels, channels);
  depthwise();
  recordOp("batchNorm", size);
  linear(voxels, channels, channels);
  mlp();
  depthwise();
  linear(n * tokens, channels, 3 * channels);
  recordOp("attention", n * heads * tokens ** 2, n * tokens ** 2 * channels);
  recordOp("attention", n * tokens * channels, n * tokens ** 2 * channels);
  recordOp("transposedConvolution", size, size);
  recordOp("groupNorm", size);
  linear(voxels, channels, channels);
  mlp();
}
