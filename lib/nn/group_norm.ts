import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { nativeGroupNorm } from "./native_norm.ts";
import { constant, type Scope } from "./parameters.ts";
import { standardize } from "./standardize.ts";

/**
 * Group normalisation (Wu and He 2018): each sample's channels are cut into groups of neighbours,
 * each group is standardised over its channels and all positions, then each channel scaled and
 * shifted. As many groups as channels make it an instance normalisation.
 */
export class GroupNorm {
  /** Added to the variance. */
  static readonly epsilon = 1e-5;
  /** `[channels]` */
  readonly scale: tf.Variable;
  /** `[channels]` */
  readonly shift: tf.Variable;
  readonly #groups: number;

  constructor(scope: Scope, { channels, groups }: { channels: number; groups: number }) {
    if (!Number.isInteger(groups) || channels % groups !== 0) {
      throw new Error(`${channels} channels cannot be cut into ${groups} equal groups`);
    }
    this.scale = scope.weight("scale", [channels], constant(1));
    this.shift = scope.weight("shift", [channels], constant(0));
    this.#groups = groups;
  }

  /** `[n, ..., channels]`, unchanged in shape. */
  apply<T extends tf.Tensor>(x: T): T {
    const [n, channels] = [x.shape[0], this.scale.size];
    recordOp("groupNorm", x.size);
    if (tf.hasNativeOps()) {
      const options = { groups: this.#groups, epsilon: GroupNorm.epsilon };
      return nativeGroupNorm(x, this.scale, this.shift, options);
    }
    const grouped = this.#groups === 1
      ? standardize(x.reshape([n, -1]), [1], GroupNorm.epsilon)
      : standardize(
        x.reshape([n, -1, this.#groups, channels / this.#groups]),
        [1, 3],
        GroupNorm.epsilon,
      );
    return grouped.reshape([-1, channels]).mul(this.scale).add(this.shift).reshape(x.shape);
  }
}
