import * as tf from "../tf.ts";

/**
 * Group normalisation of `[n, ..., c]` by our own op (lib/nn/native/group_norm.h), which wants
 * `tf.hasNativeOps()`. Arguments as in `GroupNorm`; scale and shift are `[c]`.
 */
export function nativeGroupNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor,
  shift: tf.Tensor,
  { groups, epsilon }: { readonly groups: number; readonly epsilon: number },
): T {
  const attributes = { groups: tf.attr.int(groups), epsilon: tf.attr.float(epsilon) };
  return normalize("RoisegGroupNorm", attributes, attributes, x, scale, shift);
}

/** Layer normalisation of the last axis by our own op (lib/nn/native/layer_norm.h), likewise. */
export function nativeLayerNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor,
  shift: tf.Tensor,
  epsilon: number,
): T {
  return normalize("RoisegLayerNorm", { epsilon: tf.attr.float(epsilon) }, {}, x, scale, shift);
}

function normalize<T extends tf.Tensor>(
  name: string,
  attributes: tf.RawAttrs,
  attributesBack: tf.RawAttrs,
  x: T,
  scale: tf.Tensor,
  shift: tf.Tensor,
): T {
  const op = tf.customGrad((...args) => {
    const [x, scale, shift, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [value, mean, inverse] = tf.rawOps(name, attributes, [x, scale, shift], 3);
    save([x, scale, mean, inverse]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.rawOps(`${name}Back`, attributesBack, [...saved, dy], 3),
    };
  });
  return tf.tidy(() => op(x, scale, shift) as T);
}
