import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "../lib/tf.ts";
import { selfTest } from "../lib/tf_self_test.ts";

Deno.test("the native backend computes conv3d and its gradients", () => {
  const tensors = tf.memory().numTensors;
  const found = selfTest();
  assertEquals(found.device, tf.deviceName());
  assertEquals(found.tensorflow, tf.nativeVersion());
  assertEquals(tf.memory().numTensors, tensors);
});

Deno.test("rawOp() runs an op with attributes and follows tf.tidy", () => {
  const tensors = tf.memory().numTensors;
  const values = tf.tidy(() => {
    const input = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const pooled = tf.rawOp("MaxPool", {
      T: tf.attr.type("float32"),
      ksize: tf.attr.ints([1, 2, 2, 1]),
      strides: tf.attr.ints([1, 2, 2, 1]),
      padding: tf.attr.string("VALID"),
    }, [input]);
    return [...pooled.dataSync()];
  });
  assertEquals(values, [4]);
  assertEquals(tf.memory().numTensors, tensors);
});

Deno.test("rawOps() returns every output: fused batch norm and its statistics", () => {
  tf.tidy(() => {
    const input = tf.tensor4d([1, 3, 5, 7], [4, 1, 1, 1]);
    const [output, mean, variance] = tf.rawOps(
      "FusedBatchNormV3",
      {
        T: tf.attr.type("float32"),
        U: tf.attr.type("float32"),
        epsilon: tf.attr.float(1e-5),
        data_format: tf.attr.string("NHWC"),
        is_training: tf.attr.bool(true),
      },
      [input, tf.ones([1]), tf.zeros([1]), tf.zeros([0]), tf.zeros([0])],
      6,
    );
    assertAlmostEquals(mean.dataSync()[0], 4);
    assertAlmostEquals(variance.dataSync()[0], 20 / 3, 1e-5);
    assertAlmostEquals(output.dataSync()[0], -3 / Math.sqrt(5), 1e-5);
  });
});

Deno.test("rawOp() hands on what TensorFlow objects to", () => {
  const input = tf.tensor1d([1]);
  assertThrows(() => tf.rawOp("NoSuchOp", {}, [input]), Error, "NoSuchOp");
  input.dispose();
});

Deno.test("loading TensorFlow writes nothing to standard error", async () => {
  const url = new URL("../lib/tf_self_test.ts", import.meta.url);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", url.href],
    env: { TF_CPP_MIN_LOG_LEVEL: "" },
  }).output();
  assert(success);
  assertEquals(new TextDecoder().decode(stderr), "");
});
