import * as tf from "../../lib/tf.ts";

/** A test as `Deno.test` takes it. */
interface Definition {
  readonly name: string;
  readonly ignore?: boolean;
  fn(): void | Promise<void>;
}

/**
 * Registers a test twice: with the project's own ops where this machine has them, and with what is
 * composed in their place elsewhere.
 */
export function testEachWay(definition: Definition): void;
export function testEachWay(name: string, fn: () => void | Promise<void>): void;
export function testEachWay(
  first: string | Definition,
  fn: () => void | Promise<void> = () => {},
): void {
  const definition = typeof first === "string" ? { name: first, fn } : first;
  const { name, ignore = false } = definition;
  Deno.test({
    name: `${name} (own ops)`,
    ignore: ignore || !tf.hasNativeOps(),
    fn: () => definition.fn(),
  });
  Deno.test({
    name: `${name} (composed)`,
    ignore,
    fn: () => tf.withoutNativeOps(() => definition.fn()),
  });
}
