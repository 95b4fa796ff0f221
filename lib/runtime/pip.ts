/** pip's own output goes to standard error, so that a task's standard output stays its own. */
const program = `
import os, runpy, sys
os.dup2(2, 1)
sys.argv = ["pip"] + sys.argv[1:]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
`;

/** Runs a Python's pip, with its progress on standard error, and returns its exit code. */
export async function runPip(python: string, args: readonly string[]): Promise<number> {
  const child = new Deno.Command(python, {
    args: ["-c", program, "--disable-pip-version-check", ...args],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  return (await child.status).code;
}
