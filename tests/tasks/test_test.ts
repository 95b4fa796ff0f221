import { assertEquals } from "@std/assert";
import { countTests, isWithoutTests, readArguments } from "../../tasks/test.ts";

Deno.test("countTests() counts tests, not their steps", () => {
  const report = `<testsuites name="deno test" tests="6" failures="3" errors="0">
    <testsuite name="./a_test.ts" tests="6" disabled="1" errors="0" failures="3">
      <testcase name="good" classname="./a_test.ts" time="0.000"></testcase>
      <testcase name="bad &lt;x&gt;"><failure message="no &lt;/testcase&gt;">&lt;skipped/&gt;</failure></testcase>
      <testcase name="left out"><skipped/></testcase>
      <testcase name="stepped"><failure message="1 test step failed">.</failure></testcase>
      <testcase name="stepped &gt; first" />
      <testcase name="stepped &gt; second"><failure message="x">x</failure></testcase>
    </testsuite>
    <testsuite name="./b_test.ts" tests="2">
      <testcase name="a &gt; b"/>
      <testcase name="c"/>
    </testsuite>
  </testsuites>`;
  assertEquals(countTests(report), { passed: 3, failed: 2, skipped: 1 });
  assertEquals(countTests(""), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("isWithoutTests(): nothing but what a filter dropped", () => {
  const dropped = `<testcase name="a" classname="./a_test.ts" line="1" col="6">
    <skipped/></testcase>`;
  const skipped = `<testcase name="b" classname="./a_test.ts" time="0.000" line="2" col="6">
    <skipped/></testcase>`;
  assertEquals(isWithoutTests(dropped), true);
  assertEquals(isWithoutTests(dropped + skipped), false);
  assertEquals(isWithoutTests(""), true);
});

Deno.test("readArguments() tells paths, options, their values and words apart", () => {
  const isPath = (argument: string) => argument.startsWith("tests/");
  assertEquals(readArguments(["tests/nn", "--fail-fast", "tests/volume"], isPath), {
    paths: ["tests/nn", "tests/volume"],
    options: ["--fail-fast"],
  });
  assertEquals(readArguments(["conv3d"], isPath), { paths: [], options: ["--filter=conv3d"] });
  assertEquals(readArguments(["--filter", "conv3d", "tests/nn"], isPath), {
    paths: ["tests/nn"],
    options: ["--filter", "conv3d"],
  });
});
