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
 * What the compiler that set-up would try first says about itself: the first line of `--version` of
 * the first of $CXX, g++, c++ and clang++ that runs; "none" where none does. Two milliseconds.
 */
export function compilerVersion(): string {
  for (const command of candidates()) {
    try {
      const { success, stdout } = new Deno.Command(command, { args: ["--version"] }).outputSync();
      if (success) return new TextDecoder().decode(stdout).split("\n")[0];
    } catch {
      // There is no such program.
    }
  }
  return "none";
}

function candidates(): string[] {
  const chosen = Deno.env.get("CXX");
  return [...(chosen ? [chosen] : []), "g++", "c++", "clang++"];
}

/**
 * The first of $CXX, g++, c++ and clang++ that compiles a C++17 file with a standard header.
 *
 * @param what what cannot be done without one
 * @throws UserError with the command that installs one.
 */
export async function findCompiler(what = "cannot build TensorFlow's binding"): Promise<Compiler> {
  for (const command of candidates()) {
    const args = ["-std=c++17", "-fsyntax-only", "-x", "c++", "-"];
    const trial = await runProgram(command, args, { input: "#include <memory>\nint main() {}\n" });
    if (!trial?.success) continue;
    const about = await runProgram(command, ["--version"]);
    return { command, version: about?.stdout.split("\n")[0] ?? "" };
  }
  throw new UserError({
    what,
    rule: "there must be a C++ compiler (g++ or clang++) with its standard headers",
    remedy: installHint("compiler"),
  });
}
