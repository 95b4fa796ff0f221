/** The stand-ins for JSR behave as the documentation of @std/assert and @std/cli says. */
import * as stand from "../../tasks/jsr_stand_in/assert.ts";
import { parseArgs } from "../../tasks/jsr_stand_in/cli.ts";
import { assertEquals, assertThrows } from "@std/assert";

/** Checks of which each holds, and checks of which each throws an AssertionError. */
function checkVerdicts(passing: (() => void)[], failing: (() => void)[]): void {
  for (const check of passing) check();
  for (const check of failing) assertThrows(check, stand.AssertionError);
}

Deno.test("equality: deep, NaN equals itself, 0 equals -0, classes and holes count", () => {
  const { assertEquals: equals, assertNotEquals: differ } = stand;
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const otherLoop: Record<string, unknown> = {};
  otherLoop.self = otherLoop;
  checkVerdicts([
    () => equals("world", "world"),
    () => equals({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] }),
    () => equals([0], [-0]),
    () => equals(new Float32Array([1, NaN, 0]), new Float32Array([1, NaN, -0])),
    () => equals(new Set([[1], [2]]), new Set([[2], [1]])),
    () => equals(new Map([["a", { b: 1 }]]), new Map([["a", { b: 1 }]])),
    () => equals(new Date(5), new Date(5)),
    () => equals(/a/g, /a/g),
    () => equals(loop, otherLoop),
    () => equals<unknown>({ a: 1 }, Object.assign(Object.create(null), { a: 1 })),
    () => differ<unknown>({ a: undefined }, {}),
    () => differ<unknown>([1], new Int8Array([1])),
    () => differ([1, 2], [2, 1]),
    () => differ(new Set([1, 2]), new Set([1, 3])),
    () => differ<unknown>(new (class A {})(), {}),
  ], [
    () => equals("hello", "world"),
    () => equals(new Float32Array([1]), new Float32Array([1, 2])),
    () => equals<unknown>(1, "1"),
    () => differ({ foo: "bar" }, { foo: "bar" }),
  ]);
});

Deno.test("strict equality is Object.is", () => {
  const one = { a: 1 };
  checkVerdicts(
    [() => stand.assertStrictEquals(one, one), () => stand.assertNotStrictEquals(0, -0)],
    [() => stand.assertStrictEquals({ a: 1 }, { a: 1 }), () => stand.assertNotStrictEquals(1, 1)],
  );
});

Deno.test("almost equal: the documented examples", () => {
  const { assertAlmostEquals: almost } = stand;
  checkVerdicts([
    () => almost(1.000000001e-8, 1.000000002e-8),
    () => almost(0.01, 0.02, 0.1),
    () => almost(0.1 + 0.2, 0.3, 1e-16),
    () => almost(NaN, NaN),
    () => almost(Infinity, Infinity),
  ], [
    () => almost(0.01, 0.02),
    () => almost(1e-8, 1e-9),
    () => almost(0.1 + 0.2, 0.3, 1e-17),
    () => almost(NaN, 1),
  ]);
});

Deno.test("errors: class, part of the message, value returned", async () => {
  const { assertThrows: throws, assertRejects: rejects } = stand;
  const bad = () => {
    throw new TypeError("hello world!");
  };
  checkVerdicts([
    () => throws(bad),
    () => throws(bad, TypeError),
    () => throws(bad, Error, "hello"),
    () => throws(bad, "a message"),
    () => stand.assertIsError(new RangeError("Out of range"), RangeError, /^Out/),
  ], [
    () => throws(() => {}),
    () => throws(bad, RangeError),
    () => throws(bad, TypeError, "bye"),
    () =>
      throws(() => {
        // deno-lint-ignore no-throw-literal
        throw "text";
      }, Error),
    () => stand.assertIsError(null),
    () => stand.assertIsError(new RangeError("Out of range"), TypeError),
  ]);
  assertEquals(throws(bad, TypeError).message, "hello world!");
  const refused = await rejects(() => Promise.reject(new TypeError("no")), TypeError, "no");
  assertEquals(refused.message, "no");
  await rejects(() => rejects(() => Promise.resolve()), stand.AssertionError, "to reject");
  await rejects(() => rejects(bad as () => Promise<void>), stand.AssertionError, "throws when");
});

Deno.test("the small ones", () => {
  checkVerdicts([
    () => stand.assert("hello".includes("ello")),
    () => stand.assertFalse(0),
    () => stand.assertExists("something"),
    () => stand.assertStringIncludes("Hello", "ello"),
    () => stand.assertMatch("Raptor", /Raptor/),
    () => stand.assertNotMatch("Denosaurus", /Raptor/),
    () => stand.assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]),
    () => stand.assertArrayIncludes(new Float32Array([1, 2]), [2]),
    () => stand.assertObjectMatch({ foo: { bar: 3, baz: 4 } }, { foo: { bar: 3 } }),
    () => stand.assertObjectMatch({ a: [1, { b: 2, c: 3 }] }, { a: [1, { b: 2 }] }),
    () => stand.assertGreater(2, 1),
    () => stand.assertGreaterOrEqual(1, 1),
    () => stand.assertLess(1, 2),
    () => stand.assertLessOrEqual(1, 1),
    () => stand.assertInstanceOf(new Date(), Date),
  ], [
    () => stand.assert("hello".includes("world")),
    () => stand.assertFalse(true),
    () => stand.assertExists(undefined),
    () => stand.assertStringIncludes("Hello", "hi"),
    () => stand.assertMatch("Denosaurus", /Raptor/),
    () => stand.assertNotMatch("Raptor", /Raptor/),
    () => stand.assertArrayIncludes([1, 2], [3]),
    () => stand.assertObjectMatch({ foo: { bar: 3 } }, { foo: { bar: 3, baz: 4 } }),
    () => stand.assertGreater(1, 1),
    () => stand.assertGreaterOrEqual(0, 1),
    () => stand.assertLess(1, 1),
    () => stand.assertLessOrEqual(2, 1),
    () => stand.assertInstanceOf(new Date(), Number),
    () => stand.fail("always"),
    () => stand.unreachable(),
  ]);
});

Deno.test("parseArgs: the documented examples", () => {
  assertEquals(
    { ...parseArgs(["--quiet", "--foo", "--bar=baz", "./quux.txt"], { boolean: ["quiet"] }) },
    { _: ["./quux.txt"], quiet: true, foo: true, bar: "baz" },
  );
  assertEquals({ ...parseArgs(["--foo", "-1", "a", "2"]) }, { _: [2], foo: true, 1: "a" });
  assertEquals({ ...parseArgs(["--foo=", "--bar=a=b", "-"]) }, {
    _: ["-"],
    "foo=": true,
    bar: "a=b",
  });
  assertEquals({ ...parseArgs(["-abc", "x", "-n5"]) }, { _: [], a: true, b: true, c: "x", n: 5 });
  assertEquals({ ...parseArgs(["--", "a", "1"], { "--": true }) }, { _: [], "--": ["a", "1"] });
  assertEquals({ ...parseArgs(["x", "--", "--a"]) }, { _: ["x", "--a"] });
});

Deno.test("parseArgs: strings, collected flags, defaults, aliases, negation", () => {
  const flags = parseArgs(
    ["-o", "liver", "--set", "a=1", "--set=b=2", "--no-color", "--fold", "1/5", "007"],
    {
      string: ["organ", "set", "fold", "preset", "_"],
      boolean: ["color", "help"],
      collect: ["set"],
      negatable: ["color"],
      default: { preset: "focus", color: true },
      alias: { o: "organ" },
    },
  );
  assertEquals<unknown>({ ...flags }, {
    _: ["007"],
    o: "liver",
    organ: "liver",
    set: ["a=1", "b=2"],
    color: false,
    fold: "1/5",
    preset: "focus",
    help: false,
  });
  const none = parseArgs([], { string: ["set", "name"], collect: ["set"] });
  assertEquals({ ...none }, { _: [], set: [] });
  assertEquals(parseArgs(["--name"], { string: "name" }).name, "");
  assertEquals(parseArgs(["--x", "false"], { boolean: "x" }).x, false);
});

Deno.test("parseArgs: what is unknown is offered, and dropped where refused", () => {
  const seen: unknown[][] = [];
  const flags = parseArgs(["--known", "--other=3", "extra"], {
    boolean: ["known"],
    unknown: (...all) => {
      seen.push(all);
      return false;
    },
  });
  assertEquals({ ...flags }, { _: [], known: true });
  assertEquals(seen, [["--other=3", "other", "3"], ["extra"]]);
});

Deno.test("parseArgs: stops early where asked", () => {
  const flags = parseArgs(["--a", "x", "run", "--b"], { string: ["a"], stopEarly: true });
  assertEquals({ ...flags }, { _: ["run", "--b"], a: "x" });
});
