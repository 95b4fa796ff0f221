import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../tasks/launch.ts", import.meta.url));
const config = new URL("../../deno.json", import.meta.url);

async function launch(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", launcher, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("an unknown verb gets the list of verbs and exit code 2", async () => {
  const { code, stderr } = await launch("trian");
  assertEquals(code, 2);
  assertStringIncludes(stderr, '"trian"');
  assertMatch(stderr, /deno task train +\S+/);
});

Deno.test("every task of deno.json is a verb of the launcher", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(config));
  const { stderr } = await launch();
  for (const [verb, { command, description }] of Object.entries<Record<string, string>>(tasks)) {
    assertEquals(command, `deno run -A tasks/launch.ts ${verb}`);
    assertStringIncludes(stderr, `deno task ${verb.padEnd(11)}${description}`);
  }
  assertEquals(stderr.trim().split("\n").length, Object.keys(tasks).length);
});

Deno.test("help is printed and nothing is run", async () => {
  for (const verb of ["setup", "doctor", "test", "lint"]) {
    const { code, stdout } = await launch(verb, "--help");
    assertEquals(code, 0);
    assertStringIncludes(stdout, `Usage: deno task ${verb}`);
  }
});

Deno.test("a flag that setup does not know is an error in one sentence", async () => {
  const { code, stderr } = await launch("setup", "--forse");
  assertEquals(code, 2);
  assertStringIncludes(stderr, "Did you mean --force?");
  assert(!stderr.includes("    at "));
});

Deno.test("a device that is neither CPU nor CUDA is refused", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", launcher, "setup"],
    env: { NO_COLOR: "1", ROISEG_DEVICE: "tpu" },
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), "must be cpu or cuda, or not be set");
});
