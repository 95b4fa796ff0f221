import * as tf from "../tf.ts";
import { nativeGroupNorm } from "./native_norm.ts";

const EPSILON = 1e-5;

/**
 * Shifts and scales each channel of each sample of a volume `[n, z, y, x, c]` to mean 0 and (biased)
 * variance 1 over space: `(x - mean) / sqrt(variance + 1e-5)`. A volume of one voxel becomes 0.
 *
 * TensorFlow adds up a voxel after the other, which after two million of them leaves a mean three
 * digits; here it is taken axis by axis.
 */
export function standardizeSpace(x: tf.Tensor5D): tf.Tensor5D {
  const channels = x.shape[4];
  if (tf.hasNativeOps()) {
    const options = { groups: channels, epsilon: EPSILON };
    return tf.tidy(() => nativeGroupNorm(x, tf.ones([channels]), tf.zeros([channels]), options));
  }
  return standardizeWithGradient(x) as tf.Tensor5D;
}

const standardizeWithGradient = tf.customGrad((...args) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  const centred = x.sub(spaceMean(x));
  const inverseDeviation = spaceMean(centred.square()).add(EPSILON).rsqrt();
  const value = centred.mul(inverseDeviation);
  save([value, inverseDeviation]);
  return {
    value,
    gradFunc: (dy, [value, inverseDeviation]) => {
      const alongValue = value.mul(spaceMean(dy.mul(value)));
      return dy.sub(spaceMean(dy)).sub(alongValue).mul(inverseDeviation);
    },
  };
});

/** `[n, 1, 1, 1, c]` */
function spaceMean(x: tf.Tensor): tf.Tensor {
  return x.mean(3, true).mean(2, true).mean(1, true);
}
