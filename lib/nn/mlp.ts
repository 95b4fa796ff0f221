import type * as tf from "../tf.ts";
import { erfcUnit } from "./gelu.ts";
import { recordOp } from "./macs.ts";
import { matMul } from "./mat_mul.ts";
import { type Scope, uniformFanIn } from "./parameters.ts";

/** A voxel-wise perceptron C -> 4 C -> C with an exact GELU between and no biases. */
export class Mlp {
  /** `[c, 4 c]` */
  readonly expand: tf.Variable;
  /** `[4 c, c]` */
  readonly compress: tf.Variable;

  constructor(scope: Scope, channels: number) {
    const hidden = 4 * channels;
    this.expand = scope.weight("expand.weight", [channels, hidden], uniformFanIn(channels));
    this.compress = scope.weight("compress.weight", [hidden, channels], uniformFanIn(hidden));
  }

  /** `[..., c]`, unchanged in shape. */
  apply<T extends tf.Tensor>(x: T): T {
    const [channels, hidden] = this.expand.shape;
    // The scales of the GELU cost nothing on the weights, and a pass each over the hidden voxels.
    const expand = this.expand.mul<tf.Tensor2D>(-Math.SQRT1_2);
    const compress = this.compress.mul<tf.Tensor2D>(-Math.SQRT1_2);
    const expanded = matMul(x.reshape([-1, channels]), expand);
    const rows = matMul(erfcUnit(expanded), compress);
    recordOp("linear", expanded.size, expanded.size * channels);
    recordOp("linear", rows.size, rows.size * hidden);
    return rows.reshape(x.shape);
  }
}
