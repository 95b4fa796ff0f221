import { UserError } from "../errors.ts";
import { installHint } from "./install_hint.ts";
import { runProgram } from "./program.ts";

/** A Python 3 that has pip. */
export interface Python {
  readonly command: string;
  readonly version: string;
  readonly pipVersion: string;
}

/**
 * The first of python3 and python that is Python 3 and has pip.
 *
 * @param what what cannot be done without it
 * @throws UserError with the command that installs what is missing.
 */
export async function findPython(what = "cannot download TensorFlow"): Promise<Python> {
  let withoutPip: string | undefined;
  for (const command of ["python3", "python"]) {
    const about = await runProgram(command, ["--version"]);
    const version = about?.stdout.match(/^Python (3\.\S+)/)?.[1];
    if (version === undefined) continue;
    const pip = await runProgram(command, ["-m", "pip", "--version"]);
    const pipVersion = pip?.stdout.match(/^pip (\S+)/)?.[1];
    if (pip?.success && pipVersion) return { command, version, pipVersion };
    withoutPip ??= `${command} ${version} without it`;
  }
  throw withoutPip === undefined
    ? new UserError({
      what,
      rule: "there must be a Python 3 with pip, whatever its version",
      remedy: installHint("python"),
    })
    : new UserError({
      what,
      rule: "Python must have pip",
      seen: withoutPip,
      remedy: installHint("pip"),
    });
}
