import { assertEquals, assertStringIncludes } from "@std/assert";
import { projectRoot } from "../../lib/paths.ts";
import { chooseImportMap } from "../../lib/runtime/import_map.ts";

async function run(verb: string, ...args: string[]) {
  const map = await chooseImportMap();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      ...(map === undefined ? [] : ["--import-map", map]),
      `${projectRoot}/tasks/${verb}.ts`,
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("notebooks without an action says which there are", async () => {
  for (const args of [[], ["chek"]]) {
    const { code, stderr } = await run("notebooks", ...args);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "must be check, run or render");
    assertStringIncludes(stderr, "deno task notebooks render  Runs every notebook");
  }
  assertEquals((await run("notebooks", "--help")).code, 0);
});

Deno.test("an action of notebooks has its own help and its own flags", async () => {
  assertStringIncludes((await run("notebooks", "run", "--help")).stdout, "--timeout SECONDS");
  const unknown = await run("notebooks", "check", "--timeout", "3");
  assertEquals(unknown.code, 2);
  assertStringIncludes(unknown.stderr, "deno task notebooks check");
});

Deno.test("a notebook that is not there is an error in one sentence", async () => {
  const { code, stderr } = await run("notebooks", "check", "--only", "99");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "error: cannot find a notebook: its file name must start with");
});

Deno.test("notebook prints its help and starts nothing", async () => {
  const { code, stdout } = await run("notebook", "--help");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Usage: deno task notebook [flags]");
});
