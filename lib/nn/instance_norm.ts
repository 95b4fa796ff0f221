import * as tf from "../tf.ts";
import { recordLayer } from "./layer_records.ts";
import { recordOp } from "./macs.ts";
import { nativeGroupNorm } from "./native_norm.ts";
import { constant, type Scope } from "./parameters.ts";
import { standardizeSpace } from "./standardize_space.ts";

const EPSILON = 1e-5;

/**
 * Instance normalisation (Ulyanov 2016) of a volume `[n, z, y, x, c]` without learned parameters:
 * each channel of each sample gets mean 0 and variance 1 over space, at inference too.
 */
export function instanceNorm(x: tf.Tensor5D): tf.Tensor5D {
  recordOp("groupNorm", x.size);
  recordLayer("instanceNorm", x.size);
  return standardizeSpace(x);
}

/** {@linkcode instanceNorm} with a learned scale and shift: a group norm of as many groups as channels. */
export class ScaledInstanceNorm {
  /** `[channels]` */
  readonly scale: tf.Variable;
  /** `[channels]` */
  readonly shift: tf.Variable;

  constructor(scope: Scope, channels: number) {
    this.scale = scope.weight("scale", [channels], constant(1));
    this.shift = scope.weight("shift", [channels], constant(0));
  }

  /** `[n, z, y, x, channels]`, unchanged in shape. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    recordOp("groupNorm", x.size);
    recordLayer("groupNorm", x.size);
    if (tf.hasNativeOps()) {
      const options = { groups: this.scale.size, epsilon: EPSILON };
      return nativeGroupNorm(x, this.scale, this.shift, options);
    }
    return standardizeSpace(x).mul(this.scale).add(this.shift);
  }
}
