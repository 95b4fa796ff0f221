import { UserError } from "../errors.ts";
import { runPip } from "./pip.ts";
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
  const code = await runPip(python.command, [
    "download",
    "--no-deps",
    "--only-binary=:all:",
    "--python-version",
    wheelPython,
    ...platforms.flatMap((tag) => ["--platform", tag]),
    "--dest",
    folder,
    ...requirements,
  ]);
  if (code === 0) return;
  throw new UserError({
    what: `cannot download ${requirements.join(", ")} (pip's code ${code}, its reason above)`,
    rule: "pip must be able to reach a Python package index",
    remedy: "Check the network, or pip's proxy and index settings (`pip config list`), and " +
      "run `deno task setup` again",
  });
}
