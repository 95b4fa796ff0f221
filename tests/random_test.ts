import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "../lib/random.ts";

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

Deno.test("Random repeats its sequence for an equal seed and not for another", () => {
  assertEquals(draw(new Random(7), 5), draw(new Random(7), 5));
  assertNotEquals(draw(new Random(7), 5), draw(new Random(8), 5));
});

Deno.test("Random.fork() does not depend on how many numbers were drawn before", () => {
  const used = new Random("a");
  draw(used, 100);
  assertEquals(draw(used.fork("split"), 4), draw(new Random("a").fork("split"), 4));
  assertNotEquals(draw(used.fork("split"), 4), draw(used.fork("shuffle"), 4));
});

Deno.test("Random.next() and normal() have the moments of their distributions", () => {
  const random = new Random("moments");
  const uniform = draw(random, 20000);
  assert(uniform.every((value) => value >= 0 && value < 1));
  assertAlmostEquals(mean(uniform), 0.5, 0.01);
  assertAlmostEquals(mean(uniform.map((value) => (value - 0.5) ** 2)), 1 / 12, 0.003);
  const normal = Array.from({ length: 20000 }, () => random.normal(3, 2));
  assertAlmostEquals(mean(normal), 3, 0.06);
  assertAlmostEquals(Math.sqrt(mean(normal.map((value) => (value - 3) ** 2))), 2, 0.05);
});

Deno.test("Random.fillUint32() draws what nextUint32() would, and goes on from there", () => {
  const [one, many] = [new Random("many"), new Random("many")];
  const drawn = Array.from({ length: 1003 }, () => one.nextUint32());
  const filled = new Uint32Array(1001);
  many.fillUint32(filled);
  assertEquals([...filled, many.nextUint32(), many.nextUint32()], drawn);
});

Deno.test("Random.shuffle() keeps the items and leaves its argument alone", () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8];
  const shuffled = new Random(3).shuffle(items);
  assertEquals([...shuffled].sort(), items);
  assertNotEquals(shuffled, items);
  assertEquals(items, [1, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("Random.integer() reaches every value and no other", () => {
  const random = new Random(5);
  const seen = new Set(Array.from({ length: 500 }, () => random.integer(7)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
