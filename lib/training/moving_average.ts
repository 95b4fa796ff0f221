import * as tf from "../tf.ts";
import type { Parameters } from "../nn/parameters.ts";
import { blendFlat, concatFlat } from "./flat.ts";

/** What {@linkcode MovingAverage} remembers. */
export interface MovingAverageState {
  readonly updates: number;
  /** The averaged parameters, by name. */
  readonly values: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: Float32Array }
  >;
}

/**
 * The exponential moving average of a model's trained parameters, which scores higher and varies
 * less than the parameters themselves (Polyak and Juditsky 1992).
 *
 * Running statistics are averages already and are not part of it. The decay starts low, at
 * (1 + updates) / (10 + updates), so that a short training forgets its start.
 */
export class MovingAverage {
  readonly #parameters: Parameters;
  readonly #names: readonly string[];
  readonly #decay: number;
  #average: tf.Tensor1D;
  #updates = 0;

  /**
   * Starts at the parameters' present values.
   *
   * @param decay per update, in (0, 1)
   */
  constructor(parameters: Parameters, decay: number) {
    this.#parameters = parameters;
    this.#names = parameters.names("trainable");
    this.#decay = decay;
    this.#average = tf.keep(concatFlat(this.#variables()));
  }

  /** Moves the average towards the parameters. */
  update(): void {
    const decay = Math.min(this.#decay, (1 + this.#updates) / (10 + this.#updates));
    this.#replace(blendFlat(this.#average, this.#variables(), 1 - decay));
    this.#updates++;
  }

  /** A copy. */
  async read(): Promise<MovingAverageState> {
    const flat = await this.#average.data<"float32">();
    const values = new Map<string, { shape: number[]; data: Float32Array }>();
    let offset = 0;
    for (const name of this.#names) {
      const { shape, size } = this.#parameters.get(name);
      values.set(name, { shape, data: flat.slice(offset, offset + size) });
      offset += size;
    }
    return { updates: this.#updates, values };
  }

  /**
   * Continues from a state that {@linkcode MovingAverage.read} gave for the same parameters.
   *
   * @throws RangeError when the state is of other parameters
   */
  write({ updates, values }: MovingAverageState): void {
    const flat = new Float32Array(this.#average.size);
    let offset = 0;
    for (const name of this.#names) {
      const { size } = this.#parameters.get(name);
      const data = values.get(name)?.data;
      if (data?.length !== size) throw new RangeError(`the average does not fit ${name}`);
      flat.set(data, offset);
      offset += size;
    }
    this.#replace(tf.tensor1d(flat));
    this.#updates = updates;
  }

  /** Frees the average; it cannot be used afterwards. */
  dispose(): void {
    this.#average.dispose();
  }

  #replace(average: tf.Tensor1D): void {
    this.#average.dispose();
    this.#average = tf.keep(average);
  }

  #variables(): tf.Variable[] {
    return this.#names.map((name) => this.#parameters.get(name));
  }
}
