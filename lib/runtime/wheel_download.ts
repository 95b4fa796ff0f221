import { UserError } from "../errors.ts";
import type { Python } from "./python.ts";
import { wheelPython } from "./versions.ts";

/** What {@link downloadWheels} fetches. */
export interface WheelRequest {
  /** pip requirements: "tensorflow-cpu==2.21.0". */
  readonly requirements: readonly string[];
  /** Platform tags to accept. */
  readonly platforms: readonly string[];
  /** An existing folder for the wheels. */
  readonly folder: string;
}

/** pip's own output goes to standard error, so that a task's standard output stays its own. */
const runPip = `
import os, runpy, sys
os.dup2(2, 1)
sys.argv = ["pip"] + sys.argv[1:]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
`;

/**
 * Downloads wheels without their dependencies, with pip's progress on standard error. pip checks
 * their hashes, and follows the user's own settings for indexes and proxies.
 *
 * @throws UserError when pip fails; pip has then said why.
 */
export async function downloadWheels(
  python: Python,
  { requirements, platforms, folder }: WheelRequest,
): Promise<void> {
  const child = new Deno.Command(python.command, {
    args: [
      "-c",
      runPip,
      "download",
      "--disable-pip-version-check",
      "--no-deps",
      "--only-binary=:all:",
      "--python-version",
      wheelPython,
      ...platforms.flatMap((tag) => ["--platform", tag]),
      "--dest",
      folder,
      ...requirements,
    ],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const { success, code } = await child.status;
  if (success) return;
  throw new UserError({
    what: `cannot download ${requirements.join(", ")} (pip's code ${code}, its reason above)`,
    rule: "pip must be able to reach a Python package index",
    remedy: "Check the network, or pip's proxy and index settings (`pip config list`), and " +
      "run `deno task setup` again",
  });
}
