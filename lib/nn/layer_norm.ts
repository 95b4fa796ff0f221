import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { nativeLayerNorm } from "./native_norm.ts";
import { constant, type Scope } from "./parameters.ts";
import { standardize } from "./standardize.ts";

const EPSILON = 1e-5;

/** Layer normalisation (Ba 2016) over the last axis, with a learned scale and shift. */
export class LayerNorm {
  /** `[channels]` */
  readonly scale: tf.Variable;
  /** `[channels]` */
  readonly shift: tf.Variable;

  constructor(scope: Scope, channels: number) {
    this.scale = scope.weight("scale", [channels], constant(1));
    this.shift = scope.weight("shift", [channels], constant(0));
  }

  /** `[..., channels]`, unchanged in shape. */
  apply<T extends tf.Tensor>(x: T): T {
    recordOp("layerNorm", x.size);
    if (tf.hasNativeOps()) return nativeLayerNorm(x, this.scale, this.shift, EPSILON);
    const rows = standardize(x.reshape([-1, this.scale.size]), [1], EPSILON);
    return rows.mul(this.scale).add(this.shift).reshape(x.shape);
  }
}
