import * as tf from "../tf.ts";
import type { Parameters } from "../nn/parameters.ts";
import { AdamVectors } from "./adam_update.ts";
import { concatFlat, splitFlat } from "./flat.ts";

/** How {@linkcode AdamW} updates. */
export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradient; 0 turns clipping off. */
  readonly clipNorm: number;
  /** What the learning rate of a parameter is multiplied by; 1 unless given. */
  rateFactor?(parameterName: string): number;
}

/** Everything that {@linkcode AdamW} remembers, apart from its options. */
export interface AdamWState {
  /** Parameters that have always been updated together, and how often they were. */
  readonly groups: readonly { readonly names: readonly string[]; readonly step: number }[];
  /** Moving averages of the gradient, by parameter name, in C order. */
  readonly first: ReadonlyMap<string, Float32Array>;
  /** Moving averages of the gradient's square, likewise. */
  readonly second: ReadonlyMap<string, Float32Array>;
}

/** Parameters that share their options and have always been updated together. */
interface Group {
  readonly names: readonly string[];
  readonly variables: readonly tf.Variable[];
  readonly decays: boolean;
  readonly rateFactor: number;
  readonly vectors: AdamVectors;
  step: number;
}

/**
 * AdamW (Loshchilov and Hutter 2019): Adam with bias correction and decoupled weight decay.
 *
 * Only tensors of two or more axes decay: biases and the scales of norms do not.
 *
 * A parameter without a gradient is not touched: neither its value (no decay), nor its moments, nor
 * the step count of its bias correction. That is what a skipped stage needs.
 *
 * A network has some hundred small parameters, and an op has a price whatever its size. So one op
 * updates all parameters of a group, whose moments are long vectors: a group is parameters that
 * share their options and their history of updates. When
 * gradients arrive for a part of a group only, the group is split there, once; a model has as many
 * groups as there are different subsets of its stages in use.
 */
export class AdamW {
  readonly #parameters: Parameters;
  readonly #options: AdamWOptions;
  #groups: Group[];

  constructor(parameters: Parameters, options: AdamWOptions) {
    this.#parameters = parameters;
    this.#options = options;
    const byOptions = Map.groupBy(
      parameters.names("trainable"),
      (name) => `${this.#decays(name)} ${this.#rateFactor(name)}`,
    );
    this.#groups = tidyAround(() =>
      [...byOptions.values()].map((names) => {
        const zeros: tf.Tensor1D = tf.zeros([names.reduce((sum, n) => sum + this.#size(n), 0)]);
        return this.#group(names, 0, zeros, zeros);
      })
    );
  }

  /**
   * Changes the parameters that have a gradient.
   *
   * @param gradients by parameter name, each of its parameter's shape
   * @returns the global norm of the gradients before clipping; when it is not finite, neither are
   *   the parameters any longer
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): tf.Scalar {
    this.#split(gradients);
    const active = this.#groups.filter(({ names }) => gradients.has(names[0]));
    const { clipNorm } = this.#options;
    return tf.tidy(() => {
      const flat = active.map(({ names }) => concatFlat(names.map((name) => gradients.get(name)!)));
      const halfSquares = flat.map((gradient) =>
        tf.rawOp("L2Loss", { T: tf.attr.type("float32") }, [gradient])
      );
      const norm: tf.Scalar = tf.sqrt(tf.addN(halfSquares).mul(2));
      const clip: tf.Scalar = clipNorm > 0 ? tf.minimum(1, tf.div(clipNorm, norm)) : tf.scalar(1);
      const { beta1, beta2, weightDecay } = this.#options;
      active.forEach((group, i) =>
        group.vectors.update({
          gradient: flat[i],
          clip,
          learningRate: learningRate * group.rateFactor,
          weightDecay: group.decays ? weightDecay : 0,
          beta1,
          beta2,
          number: ++group.step,
        })
      );
      return norm;
    });
  }

  /** Copies of the moments. */
  async read(): Promise<AdamWState> {
    const first = new Map<string, Float32Array>();
    const second = new Map<string, Float32Array>();
    for (const group of this.#groups) {
      for (
        const [from, to] of [[group.vectors.first, first], [group.vectors.second, second]] as const
      ) {
        const vector = from.read();
        const data = await vector.data<"float32">();
        vector.dispose();
        let offset = 0;
        for (const name of group.names) {
          to.set(name, data.slice(offset, offset + this.#size(name)));
          offset += this.#size(name);
        }
      }
    }
    return { groups: this.#groups.map(({ names, step }) => ({ names, step })), first, second };
  }

  /**
   * Continues from a state that {@linkcode AdamW.read} gave for a model of the same parameters.
   *
   * @throws RangeError when the state is of other parameters
   */
  write(state: AdamWState): void {
    const names = state.groups.flatMap((group) => group.names);
    const expected = this.#parameters.names("trainable");
    if (names.toSorted().join() !== expected.toSorted().join()) {
      throw new RangeError("the optimizer's state is not of this model's parameters");
    }
    const groups = tidyAround(() =>
      state.groups.map(({ names, step }) =>
        this.#group(
          names,
          step,
          this.#joined(names, state.first),
          this.#joined(names, state.second),
        )
      )
    );
    this.dispose();
    this.#groups = groups;
  }

  /** Frees the optimizer's memory; it cannot be used afterwards. */
  dispose(): void {
    this.#groups.forEach(({ vectors }) => vectors.dispose());
    this.#groups = [];
  }

  /** Splits every group of which only a part has gradients. */
  #split(gradients: ReadonlyMap<string, tf.Tensor>): void {
    this.#groups = this.#groups.flatMap((group) => {
      const active = group.names.filter((name) => gradients.has(name));
      if (active.length === 0 || active.length === group.names.length) return [group];
      const resting = group.names.filter((name) => !gradients.has(name));
      const halves = tidyAround(() => {
        const first = splitFlat(group.vectors.first.read(), group.variables);
        const second = splitFlat(group.vectors.second.read(), group.variables);
        return [active, resting].map((names) => {
          const at = names.map((name) => group.names.indexOf(name));
          const [a, b] = [first, second].map((pieces) => concatFlat(at.map((i) => pieces[i])));
          return this.#group(names, group.step, a, b);
        });
      });
      group.vectors.dispose();
      return halves;
    });
  }

  #group(names: readonly string[], step: number, first: tf.Tensor1D, second: tf.Tensor1D): Group {
    const variables = names.map((name) => this.#parameters.get(name));
    return {
      names,
      variables,
      decays: this.#decays(names[0]),
      rateFactor: this.#rateFactor(names[0]),
      vectors: new AdamVectors(variables, first, second),
      step,
    };
  }

  #joined(names: readonly string[], values: ReadonlyMap<string, Float32Array>): tf.Tensor1D {
    return concatFlat(names.map((name) => {
      const data = values.get(name);
      if (data?.length !== this.#size(name)) {
        throw new RangeError(`the optimizer's state does not fit ${name}`);
      }
      return tf.tensor1d(data);
    }));
  }

  #size(name: string): number {
    return this.#parameters.get(name).size;
  }

  #decays(name: string): boolean {
    return this.#parameters.get(name).rank >= 2;
  }

  #rateFactor(name: string): number {
    return this.#options.rateFactor?.(name) ?? 1;
  }
}

/** `tf.tidy` around what makes something else than tensors. */
function tidyAround<Result>(make: () => Result): Result {
  const made: Result[] = [];
  tf.tidy(() => void made.push(make()));
  return made[0];
}
