/**
 * Stands in for `jsr:@std/assert` where JSR does not answer: the same names, signatures and
 * verdicts for what this project uses. The launcher alone chooses between the two.
 */
import { AssertionError as NodeAssertionError } from "node:assert/strict";
import { inspect } from "node:util";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = new (...args: any[]) => E;
// deno-lint-ignore no-explicit-any
type AnyConstructor = abstract new (...args: any[]) => any;
type Falsy = false | 0 | 0n | "" | null | undefined;

/** What every assertion here throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Throws always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${ending(msg)}`);
}

/** Throws always: for code that is not to be reached. */
export function unreachable(reason?: string): never {
  throw new AssertionError(`Unreachable${ending(reason)}`);
}

/** Throws unless the two are deeply equal; NaN equals itself, and 0 equals -0. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  const { message } = new NodeAssertionError({ actual, expected, operator: "deepStrictEqual" });
  throw new AssertionError(`Values are not equal${ending(msg)}\n${message}`);
}

/** Throws where the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${ending(msg)}`,
  );
}

/** Throws unless the two are the same by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(
    `Values are not strictly equal${ending(msg)}\n  actual: ${inspect(actual)}\nexpected: ${
      inspect(expected)
    }`,
  );
}

/** Throws where the two are the same by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${inspect(actual)}${ending(msg)}`,
  );
}

/** Throws unless two numbers differ by the tolerance at most: 1e-7 of the expected by default. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected) * 1e-7 : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater ` +
      `than "${allowed}"${ending(msg)}`,
  );
}

/** Throws where `actual` is null or undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${ending(msg)}`,
  );
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to contain: "${expected}"${ending(msg)}`,
  );
}

/** Throws unless every element of `expected` is deeply equal to one of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const found = Array.from(actual);
  const missing = Array.from(expected).filter((one) => !found.some((other) => equal(one, other)));
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${inspect(actual)}" to include: "${inspect(expected)}"${
      ending(msg)
    }\nmissing: ${inspect(missing)}`,
  );
}

/** Throws unless the pattern matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${ending(msg)}`);
}

/** Throws where the pattern matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${ending(msg)}`,
  );
}

/** Throws unless everything in `expected` is, deeply, in `actual`. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals<unknown>(commonPart(actual, expected), commonPart(expected, expected), msg);
}

/** Throws unless `actual` > `expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  requireOrder(actual > expected, actual, ">", expected, msg);
}

/** Throws unless `actual` >= `expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  requireOrder(actual >= expected, actual, ">=", expected, msg);
}

/** Throws unless `actual` < `expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  requireOrder(actual < expected, actual, "<", expected, msg);
}

/** Throws unless `actual` <= `expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  requireOrder(actual <= expected, actual, "<=", expected, msg);
}

/** Throws unless `actual` is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was ${inspect(actual)}${
      ending(msg)
    }`,
  );
}

/** Throws unless `error` is an error of the class whose message contains or matches the text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${ending(msg)}\nIt is ${inspect(error)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"${
        ending(msg)
      }\nIts message: ${error.message}`,
      { cause: error },
    );
  }
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches?.test(error.message) ?? true;
  if (!matches) {
    throw new AssertionError(
      `Expected error message to ${typeof msgMatches === "string" ? "include" : "match"} ${
        inspect(msgMatches)
      }, but got ${inspect(error.message)}${ending(msg)}`,
      { cause: error },
    );
  }
}

/** Throws unless `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless `fn` throws an error of the class with the text in its message; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludesOrMsg?: string,
  msg?: string,
): unknown {
  const wanted = wantedError(classOrMsg, msgIncludesOrMsg, msg);
  try {
    fn();
  } catch (error) {
    return checkThrown(error, wanted, "thrown");
  }
  throw new AssertionError(`Expected function to throw${ending(wanted.msg)}`);
}

/** Rejects unless `fn` returns a promise that rejects; resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Rejects unless `fn`'s promise rejects with an error of the class and text; resolves to it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludesOrMsg?: string,
  msg?: string,
): Promise<unknown> {
  const wanted = wantedError(classOrMsg, msgIncludesOrMsg, msg);
  let promise: unknown;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(
      `Function throws when expected to reject${ending(wanted.msg)}`,
      { cause: error },
    );
  }
  try {
    await promise;
  } catch (error) {
    return checkThrown(error, wanted, "rejected");
  }
  throw new AssertionError(`Expected function to reject${ending(wanted.msg)}`);
}

/** True when the two are deeply equal, as {@link assertEquals} sees it. */
export function equal(actual: unknown, expected: unknown): boolean {
  return deepEqual(actual, expected, new Map());
}

function deepEqual(a: unknown, b: unknown, seen: Map<unknown, unknown>): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) && !bothPlain(a, b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (ArrayBuffer.isView(a) && !(a instanceof DataView)) return sameElements(a, b);
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Set && b instanceof Set) return sameEntries([...a], [...b], seen);
  if (a instanceof Map && b instanceof Map) return sameEntries([...a], [...b], seen);
  const keys = Reflect.ownKeys(a).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(a, key)
  );
  const others = Reflect.ownKeys(b).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(b, key)
  );
  if (keys.length !== others.length) return false;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) && deepEqual(Reflect.get(a, key), Reflect.get(b, key), seen)
  );
}

/** An object without a prototype counts as a plain one. */
function bothPlain(a: object, b: object): boolean {
  const plain = (value: object) => {
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype;
  };
  return plain(a) && plain(b);
}

function sameElements(a: ArrayBufferView, b: object): boolean {
  const left = a as unknown as ArrayLike<number | bigint>;
  const right = b as unknown as ArrayLike<number | bigint>;
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i] && !Object.is(left[i], right[i])) return false;
  }
  return true;
}

/** Whether two unordered lists hold deeply equal elements, each used once. */
function sameEntries(a: unknown[], b: unknown[], seen: Map<unknown, unknown>): boolean {
  if (a.length !== b.length) return false;
  const left = [...b];
  return a.every((one) => {
    const at = left.findIndex((other) => deepEqual(one, other, new Map(seen)));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** `actual` without what `expected` does not name, at every depth. */
function commonPart(
  actual: unknown,
  expected: unknown,
  seen = new Map<unknown, unknown>(),
): unknown {
  if (typeof actual !== "object" || typeof expected !== "object") return actual;
  if (actual === null || expected === null || actual instanceof RegExp) return actual;
  if (seen.has(actual)) return seen.get(actual);
  if (actual instanceof Set && expected instanceof Set) {
    return new Set([...actual].filter((value) => expected.has(value)));
  }
  if (actual instanceof Map && expected instanceof Map) {
    return new Map(
      [...actual].filter(([key]) => expected.has(key))
        .map(([key, value]) => [key, commonPart(value, expected.get(key), seen)]),
    );
  }
  const part: Record<PropertyKey, unknown> = {};
  seen.set(actual, part);
  for (const key of Reflect.ownKeys(actual)) {
    if (!(key in expected) || (Array.isArray(actual) && key === "length")) continue;
    part[key] = commonPart(Reflect.get(actual, key), Reflect.get(expected, key), seen);
  }
  return part;
}

interface WantedError<E extends Error> {
  readonly errorClass?: ErrorClass<E>;
  readonly msgIncludes?: string;
  readonly msg?: string;
}

function wantedError<E extends Error>(
  classOrMsg: ErrorClass<E> | string | undefined,
  msgIncludesOrMsg: string | undefined,
  msg: string | undefined,
): WantedError<E> {
  return typeof classOrMsg === "string"
    ? { msg: classOrMsg }
    : { errorClass: classOrMsg, msgIncludes: msgIncludesOrMsg, msg };
}

function checkThrown<E extends Error>(
  error: unknown,
  { errorClass, msgIncludes, msg }: WantedError<E>,
  verb: string,
): unknown {
  if (errorClass) {
    if (!(error instanceof Error)) {
      throw new AssertionError(`A non-Error object was ${verb}${ending(msg)}`);
    }
    assertIsError(error, errorClass, msgIncludes, msg);
  }
  return error;
}

function requireOrder(
  holds: boolean,
  actual: unknown,
  sign: string,
  expected: unknown,
  msg?: string,
): void {
  if (holds) return;
  throw new AssertionError(
    msg ?? `Expected actual: ${inspect(actual)} ${sign} ${inspect(expected)}`,
  );
}

function ending(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}
