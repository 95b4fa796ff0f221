import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  describeLibrary,
  ensureLibrary,
  type LibrarySource,
} from "../../lib/runtime/compiled_library.ts";
import { findCompiler } from "../../lib/runtime/compiler.ts";
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
