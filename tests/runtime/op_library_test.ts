import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { CompiledLibrary } from "../../lib/runtime/compiled_library.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const scriptPath = fileURLToPath(new URL("./ensure_op_library.ts", import.meta.url));

interface Outcome {
  /** The library's state after each attempt. */
  readonly states: CompiledLibrary[];
  readonly news: string[];
}

/** Two attempts at the op library, the second forced or not, by a process with this environment. */
async function attempt(env: Record<string, string>, ...args: string[]): Promise<Outcome> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", scriptPath, ...args],
    clearEnv: true,
    env: { HOME: Deno.env.get("HOME") ?? "", NO_COLOR: "1", ...env },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("op library: without a compiler there is a notice, once, and no error", () =>
  inTemporaryFolder(async (cache) => {
    const { states, news } = await attempt({ ROISEG_CACHE_DIR: cache, PATH: cache });
    assertEquals(states.map(({ state }) => state), ["failed", "failed"]);
    assert(states[0].reason?.includes("g++"), states[0].reason);
    const notices = news.filter((line) => line.includes("slower"));
    assertEquals(notices.length, 1, news.join("\n"));
    const forced = await attempt({ ROISEG_CACHE_DIR: cache, PATH: cache }, "--force");
    assertEquals(forced.news.filter((line) => line.includes("slower")).length, 1);
  }));

Deno.test("op library: a compiler that refuses the sources is named with its first error", () =>
  inTemporaryFolder(async (cache) => {
    const compiler = `${cache}/refusing-compiler`;
    // It accepts the trial and says who it is, and fails where it is to make a library.
    const script =
      '#!/bin/sh\ncase "$*" in *-shared*) echo "ops.cc:1: error: no" >&2; exit 1;; esac\n';
    await Deno.writeTextFile(compiler, script, { mode: 0o755 });
    const env = { ROISEG_CACHE_DIR: cache, PATH: Deno.env.get("PATH") ?? "", CXX: compiler };
    const { states } = await attempt(env);
    assertEquals(states[1].state, "failed");
    assert(states[1].reason?.includes("ops.cc:1: error: no"), states[1].reason);
  }));

Deno.test("op library: the environment switches it off", async () => {
  const { states, news } = await attempt({ ROISEG_NATIVE_OPS: "no", PATH: "" });
  assertEquals(states.map(({ state }) => state), ["switched off", "switched off"]);
  assertEquals(news, []);
});
