import * as tf from "../tf.ts";
import { normal, type Scope } from "../nn/parameters.ts";
import { attend } from "./attend.ts";
import { biasedSoftmax } from "./biased_softmax.ts";
import { CountedLinear } from "./counted_layers.ts";
import {
  cutWindows,
  joinWindows,
  planWindows,
  windowLabels,
  type WindowPlan,
} from "./windows3d.ts";

/** Shape of {@linkcode WindowAttention}. */
export interface WindowAttentionOptions {
  readonly channels: number;
  readonly heads: number;
  /** Edge of the windows in voxels, odd. */
  readonly window: number;
  readonly shifted: boolean;
}

/** What is added to the logit of two voxels that were no neighbours before the grid was rolled. */
const HIDDEN = -100;

/**
 * Self-attention within windows of a volume (Swin transformer, Liu 2021; in 3D, Tang 2022), with a
 * learned bias for each relative position and head. Two published peculiarities are kept: zeros that
 * fill up the last windows are ordinary keys, and a window that is clipped by a small grid looks its
 * biases up as if its voxels were numbered in an unclipped one.
 */
export class WindowAttention {
  readonly #queryKeyValue: CountedLinear;
  readonly #projection: CountedLinear;
  /** `[(2 window - 1)^3, heads]` */
  readonly #biasTable: tf.Variable;
  readonly #options: WindowAttentionOptions;

  constructor(scope: Scope, options: WindowAttentionOptions) {
    const { channels, heads, window } = options;
    this.#biasTable = scope.weight(
      "relative_position_bias_table",
      [(2 * window - 1) ** 3, heads],
      normal(0.02),
    );
    this.#queryKeyValue = new CountedLinear(scope.child("qkv"), {
      inputs: channels,
      outputs: 3 * channels,
    });
    this.#projection = new CountedLinear(scope.child("proj"), {
      inputs: channels,
      outputs: channels,
    });
    this.#options = options;
  }

  /** `[n, z, y, x, c]`, unchanged in shape. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    const { channels, heads, window, shifted } = this.#options;
    const [, depth, height, width] = x.shape;
    const plan = planWindows([depth, height, width], window, shifted);
    const windows = this.#queryKeyValue.apply(cutWindows(x, plan));
    const [query, key, value] = tf.unstack(
      windows.reshape([-1, plan.tokens, 3, heads, channels / heads]).transpose([2, 0, 3, 1, 4]),
    ) as tf.Tensor4D[]; // each [windows, heads, tokens, channels / heads]
    const mixed = tf.tidy(() => {
      const [bias, mask] = [this.#bias(plan), shiftMask(plan)];
      return attend(query, key, value, (logits) => biasedSoftmax(logits, bias, mask));
    });
    const joined = mixed.transpose([0, 2, 1, 3]).reshape<tf.Tensor3D>(
      [-1, plan.tokens, channels],
    );
    return joinWindows(this.#projection.apply(joined), plan);
  }

  /** `[heads, tokens, tokens]` */
  #bias({ tokens }: WindowPlan): tf.Tensor3D {
    const { heads, window } = this.#options;
    const rows = tf.tensor1d(relativePositionRows(tokens, window), "int32");
    return tf.gather(this.#biasTable, rows).transpose().reshape([heads, tokens, tokens]);
  }
}

/**
 * The row of the bias table for each query and key, `[tokens, tokens]`: rows count the differences of
 * their places in a whole window, z slowest.
 *
 * @param tokens voxels of the window, of which a clipped one has fewer
 * @param window edge of a whole window
 */
export function relativePositionRows(tokens: number, window: number): Int32Array {
  const differences = 2 * window - 1;
  const positions = Array.from({ length: tokens }, (_, token) => {
    const z = Math.floor(token / window ** 2);
    const y = Math.floor(token / window) % window;
    return (z * differences + y) * differences + token % window;
  });
  const middle = (differences ** 3 - 1) / 2;
  return Int32Array.from(
    positions.flatMap((query) => positions.map((key) => query - key + middle)),
  );
}

/** `[windows, tokens, tokens]`: what hides from each voxel those that only rolling brought near. */
function shiftMask(plan: WindowPlan): tf.Tensor3D | null {
  if (plan.shift.every((step) => step === 0)) return null;
  return tf.tidy(() => {
    const labels = tf.tensor2d(windowLabels(plan), [plan.count, plan.tokens], "int32");
    const differ = labels.expandDims(2).notEqual(labels.expandDims(1));
    return differ.cast("float32").mul<tf.Tensor3D>(HIDDEN);
  });
}
