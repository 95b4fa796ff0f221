import * as tf from "../tf.ts";

/**
 * The exact Gaussian error linear unit x Phi(x), Phi the normal distribution (Hendrycks and Gimpel
 * 2016), of every element. The tanh approximation differs by up to 5e-4.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  if (tf.hasNativeOps()) return nativeGelu(x) as T;
  return erfcUnit(x.mul<T>(-Math.SQRT1_2)).mul(-Math.SQRT1_2);
}

const nativeGelu = tf.customGrad((...args) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  save([x]);
  return {
    value: tf.rawOp("RoisegGelu", {}, [x]),
    gradFunc: (dy, [x]) => tf.rawOp("RoisegGeluBack", {}, [x, dy]),
  };
});

/**
 * `t erfc(t)`, which is {@linkcode gelu} up to scale: gelu(x) = -erfcUnit(-x / sqrt 2) / sqrt 2.
 * Between two linear layers both scales can be moved into the (small) weights. The complementary
 * error function keeps its precision where `1 + erf` cancels.
 */
export function erfcUnit<T extends tf.Tensor>(t: T): T {
  return erfcUnitWithGradient(t) as T;
}

const BELL_EXPONENT = Math.log(2 / Math.sqrt(Math.PI));

const erfcUnitWithGradient = tf.customGrad((...args) => {
  const [t, save] = args as [tf.Tensor, tf.GradSaveFunc];
  const tail = tf.rawOp("Erfc", { T: tf.attr.type("float32") }, [t]);
  save([t, tail]);
  return {
    value: t.mul(tail),
    gradFunc: (dy, [t, tail]) => {
      const bell = tf.sub(BELL_EXPONENT, t.square()).exp(); // 2 / sqrt(pi) exp(-t^2)
      return dy.mul(tail.sub(bell.mul(t)));
    },
  };
});
