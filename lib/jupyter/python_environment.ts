import { join } from "node:path";
import { UserError } from "../errors.ts";
import { exists, writeAtomic } from "../files.ts";
import { cacheFolder } from "../runtime/cache_folder.ts";
import { exclusively } from "../runtime/exclusive.ts";
import { installHint } from "../runtime/install_hint.ts";
import { runPip } from "../runtime/pip.ts";
import { runProgram } from "../runtime/program.ts";
import { findPython, type Python } from "../runtime/python.ts";

/** A set of Python packages. */
export interface PythonPackages {
  /** What they are for, in messages and in the folder's name: "jupyterlab". */
  readonly name: string;
  /** pip requirements: "jupyterlab>=4,<5". */
  readonly requirements: readonly string[];
}

/** What runs the course's notebooks: JupyterLab, and what draws plotly's figures in it. */
export const jupyterlabPackages: PythonPackages = {
  name: "jupyterlab",
  requirements: ["jupyterlab>=4,<5", "plotly>=6,<8"],
};

/** What draws plotly's figures in a JupyterLab that is there already. */
export const plotlyPackages: PythonPackages = { name: "plotly", requirements: ["plotly>=6,<8"] };

/** What runs notebooks without a page: small, so that it is there soon. */
export const nbclientPackages: PythonPackages = {
  name: "nbclient",
  requirements: ["nbclient>=0.10,<1", "nbformat>=5.7,<6"],
};

/** A virtual environment. */
export interface PythonEnvironment {
  readonly folder: string;
  /** Its Python. */
  readonly python: string;
}

const marker = "complete.json";

/**
 * The virtual environment with some packages, in the cache folder; it is made where it is not there
 * yet. Two makers wait for each other, and one that was interrupted leaves nothing that counts.
 *
 * @param report takes one line of news at a time; pip's own progress is on standard error
 * @throws {UserError} naming the missing piece, when Python cannot make it or pip cannot fill it
 */
export async function ensurePythonEnvironment(
  packages: PythonPackages,
  report: (line: string) => void,
): Promise<PythonEnvironment> {
  const python = await findPython(`cannot set up ${packages.name}`);
  const folder = join(cacheFolder(), "python", await folderName(packages, python));
  const environment = { folder, python: join(folder, "bin", "python") };
  // A Python that was removed since leaves a link to nothing.
  const isComplete = async () =>
    await exists(join(folder, marker)) && await exists(environment.python);
  if (await isComplete()) return environment;
  const make = async () => {
    if (await isComplete()) return;
    report(`Setting up ${packages.name} in ${folder}\nThis is done once per machine.`);
    await makeEnvironment(python, packages, environment);
    await writeAtomic(join(folder, marker), JSON.stringify({ ...packages, python }, null, 2));
  };
  const waiting = () => report(`Waiting for another set-up of ${packages.name} to finish ...`);
  await exclusively(`${folder}.lock`, make, waiting);
  return environment;
}

/** The name has the Python's version, since a new one needs the packages anew. */
async function folderName({ name, requirements }: PythonPackages, python: Python): Promise<string> {
  const text = JSON.stringify([requirements, python.version]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `${name}-${new Uint8Array(digest).slice(0, 4).toHex()}`;
}

async function makeEnvironment(
  python: Python,
  { name, requirements }: PythonPackages,
  environment: PythonEnvironment,
): Promise<void> {
  // Debian's Python can make an environment without pip, but not one with it.
  const ownPip = !fillsOthers(python.pipVersion);
  const made = await runProgram(python.command, [
    "-m",
    "venv",
    "--clear",
    ...(ownPip ? [] : ["--without-pip"]),
    environment.folder,
  ]);
  if (!made?.success) {
    throw new UserError({
      what: `cannot set up ${name}`,
      rule: "Python must be able to make a virtual environment",
      seen: `failing: ${(made?.stderr || made?.stdout)?.trim().split("\n").at(-1)}`,
      remedy: installHint("venv"),
    });
  }
  const [command, ...first] = ownPip
    ? [environment.python]
    : [python.command, "--python", environment.python];
  const code = await runPip(command, [...first, "install", ...requirements]);
  if (code === 0) return;
  throw new UserError({
    what: `cannot install ${requirements.join(", ")} (pip's code ${code}, its reason above)`,
    rule: "pip must be able to reach a Python package index",
    remedy:
      "Check the network, or pip's proxy and index settings (`pip config list`), and try again",
  });
}

/** `pip --python`, which fills another environment, came with 22.3. */
function fillsOthers(pipVersion: string): boolean {
  const [major, minor] = pipVersion.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 3);
}
