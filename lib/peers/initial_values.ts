import type * as tf from "../tf.ts";
import { type Initializer, type Parameters, Scope } from "../nn/parameters.ts";

/** The initial values of a weight by its name and shape; undefined: those that its layer chose. */
export type InitialRule = (name: string, shape: readonly number[]) => Initializer | undefined;

/** A scope in which a network's own rule decides how weights start, not its layers' defaults. */
export class RuledScope extends Scope {
  constructor(parameters: Parameters, path: string, readonly rule: InitialRule) {
    super(parameters, path);
  }

  override child(name: string | number): Scope {
    return new RuledScope(this.parameters, super.child(name).path, this.rule);
  }

  override weight(name: string, shape: readonly number[], usual: Initializer): tf.Variable {
    return super.weight(name, shape, this.rule(name, shape) ?? usual);
  }
}
