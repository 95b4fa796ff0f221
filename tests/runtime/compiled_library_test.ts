import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import {
  describeLibrary,
  ensureLibrary,
  type LibrarySource,
  needsBuilding,
} from "../../lib/runtime/compiled_library.ts";
import { compilerVersion, findCompiler } from "../../lib/runtime/compiler.ts";
import { variable } from "../../lib/runtime/settings.ts";

const hasCompiler = await findCompiler().then(() => true, () => false);

/** Runs a test with a cache folder of its own and a source of the given text. */
async function withSource(
  code: string,
  test: (source: LibrarySource, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const [cache, switchedOff] = [variable.cache, variable.nativeOps].map((name) =>
    Deno.env.get(name)
  );
  Deno.env.set(variable.cache, `${folder}/cache`);
  Deno.env.delete(variable.nativeOps);
  try {
    await Deno.mkdir(`${folder}/source`);
    await Deno.writeTextFile(`${folder}/source/main.cc`, code);
    const source = { name: "trial", folder: `${folder}/source`, mainFile: "main.cc" };
    await test({ ...source, arguments: [], without: "It will be slower" }, folder);
  } finally {
    for (const [name, value] of [[variable.cache, cache], [variable.nativeOps, switchedOff]]) {
      if (value === undefined) Deno.env.delete(name!);
      else Deno.env.set(name!, value);
    }
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "a library is built once, found again, and built anew when its source changes",
  ignore: !hasCompiler,
  fn: () =>
    withSource('extern "C" int answer() { return 42; }', async (source, folder) => {
      assertEquals(describeLibrary(source).state, "not built");
      const said: string[] = [];
      const report = (line: string) => void said.push(line);
      await Promise.all([ensureLibrary(source, { report }), ensureLibrary(source, { report })]);
      const { state, path } = describeLibrary(source);
      assertEquals(state, "built");
      const library = Deno.dlopen(path, { answer: { parameters: [], result: "i32" } });
      assertEquals(library.symbols.answer(), 42);
      library.close();
      await ensureLibrary(source, { report: (line) => assertEquals(line, "nothing to say") });

      Deno.env.set(variable.nativeOps, "no");
      assertEquals(describeLibrary(source).state, "switched off");
      Deno.env.delete(variable.nativeOps);

      await Deno.writeTextFile(`${folder}/source/other.h`, "// of the library too");
      assertEquals(describeLibrary(source).state, "not built");
    }),
});

Deno.test({
  name: "another version of the compiler builds anew, and until then the library of before serves",
  ignore: !hasCompiler || Deno.build.os === "windows",
  fn: () =>
    withSource('extern "C" int answer() { return 42; }', async (source, folder) => {
      const { command } = await findCompiler();
      const before = Deno.env.get("CXX");
      const compiler = `${folder}/compiler`;
      const installVersion = async (version: number) => {
        const script =
          `#!/bin/sh\n[ "$1" = --version ] && echo ${version} || exec ${command} "$@"\n`;
        await Deno.writeTextFile(compiler, script, { mode: 0o755 });
      };
      const report = (line: string) => assertEquals(line, "nothing to say");
      try {
        Deno.env.set("CXX", compiler);
        await installVersion(1);
        assertEquals(compilerVersion(), "1");
        await ensureLibrary(source, { report });
        const first = describeLibrary(source);
        assertEquals([first.state, needsBuilding(source)], ["built", false]);

        await installVersion(2);
        assertEquals(describeLibrary(source), first);
        assertEquals(needsBuilding(source), true);
        await ensureLibrary(source, { report });
        const second = describeLibrary(source);
        assertEquals([second.state, needsBuilding(source)], ["built", false]);
        assertNotEquals(second.path, first.path);
      } finally {
        if (before === undefined) Deno.env.delete("CXX");
        else Deno.env.set("CXX", before);
      }
    }),
});

Deno.test({
  name: "a source that does not compile is tried once, and said so",
  ignore: !hasCompiler,
  fn: () =>
    withSource("this is no C++", async (source, folder) => {
      const said: string[] = [];
      const report = (line: string) => void said.push(line);
      await ensureLibrary(source, { report });
      await ensureLibrary(source, { report });
      assertEquals(said.length, 1);
      assertStringIncludes(said[0], "It will be slower: cannot compile");
      assertStringIncludes(said[0], "error");
      const { state, reason } = describeLibrary(source);
      assertEquals([state, said[0].endsWith(reason!)], ["failed", true]);

      await Deno.writeTextFile(`${folder}/source/main.cc`, "int fine;");
      await ensureLibrary(source, { report, force: true });
      assertEquals(describeLibrary(source).state, "built");
    }),
});
