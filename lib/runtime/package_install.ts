import { UserError } from "../errors.ts";
import { packageFolder } from "./native_files.ts";

/**
 * Runs the install script of tfjs-node-gpu itself, through npm. It fetches an old TensorFlow
 * (2.9.1, CUDA 11.2) and a ready-made binding: the way out where there is no compiler or no pip.
 *
 * @throws UserError when npm is missing or the script fails.
 */
export async function runPackageInstall(): Promise<void> {
  const remedy = "Its host may be out of reach; what it fetches is not needed otherwise";
  try {
    const child = new Deno.Command("npm", {
      args: ["run", "install"],
      cwd: await Deno.realPath(packageFolder),
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    const { success, code } = await child.status;
    if (success) return;
    throw new UserError({
      what: "cannot install TensorFlow by the install script of tfjs-node-gpu",
      rule: "it must end with code 0",
      seen: String(code),
      remedy,
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError({
      what: "cannot run the install script of tfjs-node-gpu",
      rule: "npm must be there",
      remedy: "Install Node.js",
    }, { cause: error });
  }
}
