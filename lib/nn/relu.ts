import * as tf from "../tf.ts";

/** `max(x, 0)` of every element, with TensorFlow's own gradient: `tf.relu` composes it of four ops. */
export function relu<T extends tf.Tensor>(x: T): T {
  return reluWithGradient(x) as T;
}

const reluWithGradient = tf.customGrad((...args) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  const type = { T: tf.attr.type("float32") };
  const value = tf.relu(x);
  save([value]);
  return { value, gradFunc: (dy, [value]) => tf.rawOp("ReluGrad", type, [dy, value]) };
});
