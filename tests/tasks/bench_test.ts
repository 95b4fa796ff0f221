import { assertEquals, assertStringIncludes } from "@std/assert";
import { runVerb } from "./run_verb.ts";

Deno.test("bench refuses --python without --peers, which nothing would be compared by", async () => {
  const { code, stderr } = await runVerb("bench", ["--python", "python3", "--only", "limits"]);
  assertEquals(code, 2, stderr);
  assertStringIncludes(stderr, "Give --peers as well");
});
