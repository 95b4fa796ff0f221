import { assertEquals } from "@std/assert";
import { editDistance, nearestName } from "../lib/nearest_name.ts";

Deno.test("editDistance() counts letters to insert, delete and replace", () => {
  for (
    const [a, b, expected] of [
      ["", "", 0],
      ["abc", "", 3],
      ["kitten", "sitting", 3],
      ["liver", "livre", 2],
      ["abc", "abc", 0],
    ] as const
  ) {
    assertEquals([editDistance(a, b), editDistance(b, a)], [expected, expected], `${a} ${b}`);
  }
});

Deno.test("nearestName() suggests a likely name only", () => {
  const names = ["epochs", "preset", "data", "fold"];
  assertEquals(nearestName("epoch", names), "epochs");
  assertEquals(nearestName("DATE", names), "data");
  assertEquals(nearestName("unlike", names), undefined);
  assertEquals(nearestName("x", []), undefined);
});
