/** The library of this project's own TensorFlow ops (lib/nn/native). */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CompiledLibrary,
  describeLibrary,
  ensureLibrary,
  type LibrarySource,
  needsBuilding,
} from "./compiled_library.ts";
import { findBinding, libraryNames } from "./native_files.ts";

/**
 * The library's state on this machine, or undefined where it cannot be built: TensorFlow is not set
 * up, or came without the headers to compile against.
 */
export function describeOpLibrary(): CompiledLibrary | undefined {
  const source = opLibrarySource();
  return source && describeLibrary(source);
}

/** Makes sure that it is built, where that can be: `ensureLibrary`. Some ten seconds, once. */
export async function ensureOpLibrary(
  { report, force = false }: { readonly report: (line: string) => void; readonly force?: boolean },
): Promise<void> {
  const source = opLibrarySource();
  if (source === undefined) return;
  if (force || needsBuilding(source)) {
    report("Compiling the project's own TensorFlow ops, once for this version of them ...");
  }
  await ensureLibrary(source, { report, force });
}

function opLibrarySource(): LibrarySource | undefined {
  const binding = findBinding();
  if (binding === undefined) return undefined;
  const libraries = join(dirname(binding), "tensorflow");
  try {
    Deno.statSync(join(libraries, "include"));
  } catch {
    return undefined;
  }
  return {
    name: "ops",
    folder: fileURLToPath(new URL("../nn/native", import.meta.url)),
    mainFile: "ops.cc",
    arguments: [
      // As TensorFlow itself was compiled (tf.sysconfig.get_compile_flags).
      "-D_GLIBCXX_USE_CXX11_ABI=1",
      "-DEIGEN_MAX_ALIGN_BYTES=64",
      // g++ 12 cannot compile the half precision of TensorFlow's Eigen, which no op of ours uses.
      "-U__AVX512FP16__",
      `-I${libraries}/include`,
      join(libraries, libraryNames.whole),
      join(libraries, libraryNames.core),
      `-Wl,-rpath,${libraries}`,
      ...(Deno.build.os === "darwin" ? ["-undefined", "dynamic_lookup"] : []),
    ],
    without: "The networks will run slower, on TensorFlow's own ops",
  };
}
