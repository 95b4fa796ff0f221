import * as tf from "../tf.ts";

/**
 * A float32 vector inside TensorFlow that its fused training ops change in place: what TensorFlow
 * calls a resource variable, which TensorFlow.js has no wrapper for. {@linkcode dispose} frees it.
 */
export class ResidentVector {
  /** What ops such as ResourceApplyAdam take in the vector's place. */
  readonly handle: tf.Tensor;

  /** Starts with a copy of the values. */
  constructor(values: tf.Tensor1D) {
    // TensorFlow finds the vector by its name: the same name would be the same vector.
    this.handle = tf.keep(tf.rawOp("VarHandleOp", {
      dtype: tf.attr.type("float32"),
      shape: tf.attr.shape(values.shape),
      container: tf.attr.string(""),
      shared_name: tf.attr.string(crypto.randomUUID()),
    }, []));
    this.assign(values);
  }

  /** Replaces all values. */
  assign(values: tf.Tensor1D): void {
    tf.rawOps("AssignVariableOp", { dtype: tf.attr.type("float32") }, [this.handle, values], 0);
  }

  /** The present values; later changes of the vector do not reach the tensor. */
  read(): tf.Tensor1D {
    const attrs = { dtype: tf.attr.type("float32") };
    return tf.rawOp("ReadVariableOp", attrs, [this.handle]) as tf.Tensor1D;
  }

  /** Frees the vector; it cannot be used afterwards. */
  dispose(): void {
    tf.rawOps("DestroyResourceOp", {}, [this.handle], 0);
    this.handle.dispose();
  }
}
