import * as tf from "../tf.ts";

/**
 * Shifts and scales `x` to mean 0 and (biased) variance 1 over `axes`:
 * `(x - mean) / sqrt(variance + epsilon)`.
 */
export function standardize<T extends tf.Tensor>(x: T, axes: number[], epsilon: number): T {
  const op = tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const centred = x.sub(x.mean(axes, true));
    const inverseDeviation = centred.square().mean(axes, true).add(epsilon).rsqrt();
    const value = centred.mul(inverseDeviation);
    save([value, inverseDeviation]);
    return {
      value,
      gradFunc: (dy, saved) => {
        const [value, inverseDeviation] = saved;
        const alongValue = value.mul(dy.mul(value).mean(axes, true));
        return dy.sub(dy.mean(axes, true)).sub(alongValue).mul(inverseDeviation);
      },
    };
  });
  return op(x) as T;
}
