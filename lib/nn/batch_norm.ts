import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { constant, type Pass, type Scope } from "./parameters.ts";

const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of the last axis. A training pass uses the batch's
 * mean and biased variance and moves the running ones by a tenth towards the batch's mean and
 * unbiased variance; inference uses the running ones.
 */
export class BatchNorm {
  /** `[channels]` */
  readonly scale: tf.Variable;
  /** `[channels]` */
  readonly shift: tf.Variable;
  /** `[channels]` */
  readonly runningMean: tf.Variable;
  /** `[channels]` */
  readonly runningVariance: tf.Variable;

  constructor(scope: Scope, channels: number) {
    this.scale = scope.weight("scale", [channels], constant(1));
    this.shift = scope.weight("shift", [channels], constant(0));
    this.runningMean = scope.statistic("runningMean", [channels], constant(0));
    this.runningVariance = scope.statistic("runningVariance", [channels], constant(1));
  }

  /** `[n, z, y, x, channels]`, unchanged in shape. */
  apply(x: tf.Tensor5D, pass: Pass): tf.Tensor5D {
    recordOp("batchNorm", x.size);
    const op = tf.customGrad((...args) => this.#fused(pass.training, args));
    return op(x, this.scale, this.shift) as tf.Tensor5D;
  }

  #fused(training: boolean, args: (tf.Tensor | tf.GradSaveFunc)[]) {
    const [x, scale, shift, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const attributes = {
      T: tf.attr.type("float32"),
      U: tf.attr.type("float32"),
      epsilon: tf.attr.float(EPSILON),
      is_training: tf.attr.bool(training),
      data_format: tf.attr.string("NDHWC"),
    };
    const [value, mean, variance, ...reserved] = tf.rawOps(
      "FusedBatchNormV3",
      { ...attributes, exponential_avg_factor: tf.attr.float(MOMENTUM) },
      [x, scale, shift, this.runningMean, this.runningVariance],
      6,
    );
    if (training) {
      this.runningMean.assign(mean);
      this.runningVariance.assign(variance);
      save([x, scale, ...reserved]);
    } else {
      save([x, scale, this.runningMean, this.runningVariance, reserved[2]]);
    }
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.rawOps("FusedBatchNormGradV3", attributes, [dy, ...saved], 5).slice(0, 3),
    };
  }
}
