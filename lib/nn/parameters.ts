import * as tf from "../tf.ts";
import { Random } from "../random.ts";
import { UserError } from "../errors.ts";

/** Fills a new parameter: given its generator and its size, returns the values in C order. */
export type Initializer = (random: Random, size: number) => Float32Array;

/** All values equal. */
export function constant(value: number): Initializer {
  return (_random, size) => new Float32Array(size).fill(value);
}

/** Uniform in +-1 / sqrt(fanIn), PyTorch's default for convolutions and linear layers. */
export function uniformFanIn(fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (random, size) => Float32Array.from({ length: size }, () => random.uniform(-bound, bound));
}

/** Normal with mean 0. */
export function normal(standardDeviation: number): Initializer {
  return (random, size) =>
    Float32Array.from({ length: size }, () => random.normal(0, standardDeviation));
}

/** Glorot and Bengio 2010, uniform: bound sqrt(6 / (fanIn + fanOut)). */
export function xavierUniform(fanIn: number, fanOut: number): Initializer {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return (random, size) => Float32Array.from({ length: size }, () => random.uniform(-bound, bound));
}

/** What a pass through a network needs to know besides its input. */
export interface Pass {
  /** True while training: batch statistics, dropout, mask input. */
  readonly training: boolean;
  /** Source of dropout's seeds; needed only while training. */
  readonly random?: Random;
}

/** Inference. */
export const inference: Pass = { training: false };

interface Entry {
  readonly variable: tf.Variable;
  readonly trainable: boolean;
}

/**
 * The parameters of one model, by name, in the order of their creation.
 *
 * A layer creates its parameters in its constructor through a {@linkcode Scope}; each draws from a
 * generator forked by its full name, so that adding a layer does not change the others' values.
 */
export class Parameters {
  readonly #entries = new Map<string, Entry>();
  readonly #random: Random;

  constructor(seed: string | number) {
    this.#random = new Random(seed).fork("init");
  }

  /** The root scope, whose names have no prefix. */
  root(): Scope {
    return new Scope(this, "");
  }

  /** Creates a parameter; throws when the name is taken. */
  create(
    name: string,
    shape: readonly number[],
    initialize: Initializer,
    trainable: boolean,
  ): tf.Variable {
    if (this.#entries.has(name)) throw new Error(`parameter ${name} exists already`);
    const size = shape.reduce((product, edge) => product * edge, 1);
    const values = initialize(this.#random.fork(name), size);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), trainable));
    this.#entries.set(name, { variable, trainable });
    return variable;
  }

  /** Names of the trainable parameters, or of all with running statistics. */
  names(which: "trainable" | "all" = "all"): string[] {
    return [...this.#entries].filter(([, e]) => which === "all" || e.trainable).map(([n]) => n);
  }

  /** The variable of that name; throws when there is none. */
  get(name: string): tf.Variable {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`no parameter is named ${name}`);
    return entry.variable;
  }

  /** Number of trainable values. */
  count(): number {
    return this.names("trainable").reduce((sum, name) => sum + this.get(name).size, 0);
  }

  /** Copies of all values, by name. */
  async read(): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
    const values = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [name, { variable }] of this.#entries) {
      values.set(name, {
        shape: variable.shape,
        data: (await variable.data()).slice() as Float32Array,
      });
    }
    return values;
  }

  /**
   * Sets the parameters named; all of them unless `partial`.
   *
   * @throws {UserError} when a name is missing or unknown or a shape differs; nothing is changed then
   */
  write(
    values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>,
    source: string,
    partial = false,
  ): void {
    for (const [name, { shape }] of values) {
      const entry = this.#entries.get(name);
      const expected = entry?.variable.shape.join("x");
      if (expected === shape.join("x")) continue;
      throw new UserError({
        what: `cannot load weights from ${source}`,
        rule: entry ? `${name} must have shape ${expected}` : `the model has no parameter ${name}`,
        seen: entry ? shape.join("x") : undefined,
        remedy: "Use the configuration that the weights were trained with",
      });
    }
    const missing = partial ? [] : this.names().filter((name) => !values.has(name));
    if (missing.length > 0) {
      throw new UserError({
        what: `cannot load weights from ${source}`,
        rule: `it must hold every parameter of the model; ${missing.length} are missing`,
        seen: `without ${missing.slice(0, 3).join(", ")}`,
        remedy: "Use the configuration that the weights were trained with",
      });
    }
    for (const [name, { shape, data }] of values) {
      tf.tidy(() => this.get(name).assign(tf.tensor(data, [...shape])));
    }
  }

  /** Frees the variables; the model cannot be used afterwards. */
  dispose(): void {
    for (const { variable } of this.#entries.values()) variable.dispose();
    this.#entries.clear();
  }
}

/** A place in the tree of a model's names: `encoder.level0.conv`. */
export class Scope {
  constructor(readonly parameters: Parameters, readonly path: string) {}

  /** A place one level down. */
  child(name: string | number): Scope {
    return new Scope(this.parameters, this.path === "" ? `${name}` : `${this.path}.${name}`);
  }

  /** A trained parameter. */
  weight(name: string, shape: readonly number[], initialize: Initializer): tf.Variable {
    return this.parameters.create(this.child(name).path, shape, initialize, true);
  }

  /** A value that is kept with the model but not trained: running statistics. */
  statistic(name: string, shape: readonly number[], initialize: Initializer): tf.Variable {
    return this.parameters.create(this.child(name).path, shape, initialize, false);
  }
}
