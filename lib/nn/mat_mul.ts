import * as tf from "../tf.ts";

/**
 * The product of two matrices, `[m, k]` by `[k, n]`.
 *
 * `tf.matMul` runs TensorFlow's batched product, which takes 3 to 5 times as long as its plain one
 * on the small matrices of a coarse grid (measured, CPU).
 */
export function matMul(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return product(a, b) as tf.Tensor2D;
}

const product = tf.customGrad((...args) => {
  const [a, b, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  save([a, b]);
  return {
    value: rawMatMul(a, b, false, false),
    gradFunc: (dy, [a, b]) => [rawMatMul(dy, b, false, true), rawMatMul(a, dy, true, false)],
  };
});

function rawMatMul(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean) {
  return tf.rawOp("MatMul", {
    T: tf.attr.type("float32"),
    transpose_a: tf.attr.bool(transposeA),
    transpose_b: tf.attr.bool(transposeB),
  }, [a, b]);
}

/**
 * The products of the matrices in the last two axes, `[..., m, k]` by `[..., k, n]` or, with
 * `transposeB`, by `[..., n, k]`; the other axes must be equal. Quicker than `tf.matMul` on small
 * matrices for the same reason.
 */
export function batchMatMul<T extends tf.Tensor>(a: T, b: T, transposeB = false): T {
  if (tf.deviceName() !== "CPU") return tf.matMul(a, b, false, transposeB);
  const op = tf.customGrad((...args) => {
    const [a, b, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([a, b]);
    return {
      value: rawBatchMatMul(a, b, false, transposeB),
      gradFunc: (dy, [a, b]) => [
        rawBatchMatMul(dy, b, false, !transposeB),
        transposeB ? rawBatchMatMul(dy, a, true, false) : rawBatchMatMul(a, dy, true, false),
      ],
    };
  });
  return op(a, b) as T;
}

/** Version 3 of the op takes TensorFlow's own kernel where version 2 takes oneDNN's. */
function rawBatchMatMul(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean) {
  const float = tf.attr.type("float32");
  return tf.rawOp("BatchMatMulV3", {
    Ta: float,
    Tb: float,
    Tout: float,
    adj_x: tf.attr.bool(transposeA),
    adj_y: tf.attr.bool(transposeB),
  }, [a, b]);
}
