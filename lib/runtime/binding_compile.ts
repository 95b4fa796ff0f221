import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import type { Compiler } from "./compiler.ts";
import { libraryNames, packageFolder } from "./native_files.ts";
import { runProgram } from "./program.ts";
import { nodeApiVersion } from "./versions.ts";

const nodeHeaders = fileURLToPath(
  new URL("../../node_modules/node-api-headers/include", import.meta.url),
);

/**
 * Compiles the binding of tfjs-node-gpu, from the sources in its npm package, against unpacked
 * TensorFlow libraries.
 *
 * @param libraries The folder of the two libraries and `include/`, as it is now.
 * @param finalLibraries The same folder as it will be called when the binding is used.
 * @param output The file to write.
 * @throws UserError with the compiler's first error.
 */
export async function compileBinding(
  compiler: Compiler,
  { libraries, finalLibraries, output }: {
    readonly libraries: string;
    readonly finalLibraries: string;
    readonly output: string;
  },
): Promise<void> {
  const system = Deno.build.os === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
  const result = await runProgram(compiler.command, [
    "-std=c++17",
    "-O2",
    "-w",
    "-shared",
    "-fPIC",
    `-DNAPI_VERSION=${nodeApiVersion}`,
    `-I${packageFolder}`,
    `-I${nodeHeaders}`,
    `-I${libraries}/include`,
    `${packageFolder}/binding/tfjs_backend.cc`,
    `${packageFolder}/binding/tfjs_binding.cc`,
    `${libraries}/${libraryNames.whole}`,
    `${libraries}/${libraryNames.core}`,
    `-Wl,-rpath,${finalLibraries}`,
    ...system,
    "-o",
    output,
  ]);
  if (result?.success) return;
  const lines = result?.stderr.split("\n") ?? [];
  throw new UserError({
    what: "cannot compile TensorFlow's binding",
    rule: `${compiler.command} must accept the sources of tfjs-node-gpu`,
    seen: `refusing them: ${lines.find((line) => line.includes("error")) ?? lines[0]}`,
    remedy: "Try another compiler: CXX=clang++ deno task setup",
  });
}
