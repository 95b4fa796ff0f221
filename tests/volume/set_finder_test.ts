import { assertEquals } from "@std/assert";
import { Random } from "../../lib/random.ts";
import { setFinder } from "../../lib/volume/set_finder.ts";

Deno.test("setFinder() looks at an array at the very end of its memory", () => {
  const lookFor = setFinder(Uint8Array.of(1, 0).subarray(1));
  assertEquals([lookFor(0), lookFor(1)], [1, 1]);
});

Deno.test("setFinder() finds what a loop finds, wherever the array begins in memory", () => {
  const random = new Random("finder");
  for (const Values of [Uint8Array, Uint16Array]) {
    for (let trial = 0; trial < 40; trial++) {
      const whole = new Values(48);
      for (let i = 0; i < trial % 5; i++) whole[random.integer(48)] = 1 << (trial % 8);
      const data = whole.subarray(trial % 7, 48 - trial % 6);
      const lookFor = setFinder(data);
      for (let from = 0; from <= data.length; from++) {
        const found = data.findIndex((value, i) => i >= from && value !== 0);
        assertEquals(lookFor(from), found < 0 ? data.length : found);
        for (const to of [from, from + random.integer(data.length - from + 1), data.length]) {
          assertEquals(lookFor(from, to), found < 0 ? to : Math.min(found, to));
        }
      }
    }
  }
});
