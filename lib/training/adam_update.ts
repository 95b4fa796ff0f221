import * as tf from "../tf.ts";
import { concatFlat, splitFlat } from "./flat.ts";
import { ResidentVector } from "./resident_vector.ts";

/** One step of AdamW for parameters that are updated together. */
export interface AdamStep {
  /** The parameters' gradients end to end. */
  readonly gradient: tf.Tensor1D;
  /** What the gradient is multiplied by. */
  readonly clip: tf.Scalar;
  readonly learningRate: number;
  /** 0 for parameters that do not decay. */
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Number of the step, from 1. */
  readonly number: number;
}

const epsilon = 1e-8;

/** Parameters that are always updated together, with their moments laid end to end. */
export class AdamVectors {
  /** Moving average of the gradient. */
  readonly first: ResidentVector;
  /** Moving average of the gradient's square. */
  readonly second: ResidentVector;
  readonly #variables: readonly tf.Variable[];
  /** The values end to end, and what the variables held when both were equal; composed ops only. */
  #values: { readonly vector: ResidentVector; known: readonly object[] } | null = null;

  constructor(variables: readonly tf.Variable[], first: tf.Tensor1D, second: tf.Tensor1D) {
    this.#variables = variables;
    this.first = new ResidentVector(first);
    this.second = new ResidentVector(second);
  }

  /** Changes the parameters and the moments. */
  update(step: AdamStep): void {
    tf.tidy(() => tf.hasNativeOps() ? this.#updateFused(step) : this.#updateComposed(step));
  }

  /** Frees the moments. */
  dispose(): void {
    for (const vector of [this.first, this.second, this.#values?.vector]) vector?.dispose();
  }

  #updateFused(step: AdamStep): void {
    const { gradient, clip, learningRate, weightDecay, beta1, beta2, number } = step;
    const factors = [
      beta1,
      beta2,
      learningRate / (1 - beta1 ** number),
      1 / (1 - beta2 ** number),
      1 - learningRate * weightDecay,
    ];
    const updated = tf.rawOps(
      "RoisegAdamW",
      { count: tf.attr.int(this.#variables.length) },
      [
        this.first.handle,
        this.second.handle,
        gradient,
        tf.tensor1d(factors),
        clip,
        ...this.#variables,
      ],
      this.#variables.length,
    );
    this.#variables.forEach((variable, i) => variable.assign(updated[i]));
  }

  /** By TensorFlow's own fused op, which updates a vector: the values go there and back. */
  #updateComposed(step: AdamStep): void {
    const { gradient, clip, learningRate, weightDecay, beta1, beta2, number } = step;
    const values = this.#currentValues();
    if (weightDecay > 0) values.assign(values.read().mul(1 - learningRate * weightDecay));
    const [power1, power2] = [beta1 ** number, beta2 ** number];
    // The op adds epsilon before it corrects the bias of the root, AdamW after it.
    const correctedEpsilon = epsilon * Math.sqrt(1 - power2);
    const scalars = [power1, power2, learningRate, beta1, beta2, correctedEpsilon]
      .map((x) => tf.scalar(x));
    tf.rawOps(
      "ResourceApplyAdam",
      {
        T: tf.attr.type("float32"),
        use_locking: tf.attr.bool(false),
        use_nesterov: tf.attr.bool(false),
      },
      [values.handle, this.first.handle, this.second.handle, ...scalars, gradient.mul(clip)],
      0,
    );
    const pieces = splitFlat(values.read(), this.#variables);
    this.#variables.forEach((variable, i) => variable.assign(pieces[i].reshape(variable.shape)));
    this.#values = { vector: values, known: this.#variables.map(({ dataId }) => dataId) };
  }

  #currentValues(): ResidentVector {
    if (!this.#values) return new ResidentVector(concatFlat(this.#variables));
    const { vector, known } = this.#values;
    const isChangedElsewhere = this.#variables.some(({ dataId }, i) => dataId !== known[i]);
    if (isChangedElsewhere) vector.assign(concatFlat(this.#variables));
    return vector;
  }
}
