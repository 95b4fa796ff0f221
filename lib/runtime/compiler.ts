import { UserError } from "../errors.ts";
import { installHint } from "./install_hint.ts";
import { runProgram } from "./program.ts";

/** A C++ compiler that works. */
export interface Compiler {
  readonly command: string;
  /** The first line of what it says about itself. */
  readonly version: string;
}

/**
 * The first of $CXX, g++, c++ and clang++ that compiles a C++17 file with a standard header.
 *
 * @throws UserError with the command that installs one.
 */
export async function findCompiler(): Promise<Compiler> {
  const chosen = Deno.env.get("CXX");
  for (const command of [...(chosen ? [chosen] : []), "g++", "c++", "clang++"]) {
    const args = ["-std=c++17", "-fsyntax-only", "-x", "c++", "-"];
    const trial = await runProgram(command, args, { input: "#include <memory>\nint main() {}\n" });
    if (!trial?.success) continue;
    const about = await runProgram(command, ["--version"]);
    return { command, version: about?.stdout.split("\n")[0] ?? "" };
  }
  throw new UserError({
    what: "cannot build TensorFlow's binding",
    rule: "there must be a C++ compiler (g++ or clang++) with its standard headers",
    remedy: installHint("compiler"),
  });
}
