/** `deno task notebook`: JupyterLab with the Deno kernel, on the notebooks of the course. */
import { join } from "node:path";
import { jupyterPath, writeKernelspec } from "../lib/jupyter/kernelspec.ts";
import {
  ensurePythonEnvironment,
  jupyterlabPackages,
  plotlyPackages,
} from "../lib/jupyter/python_environment.ts";
import { projectRoot } from "../lib/paths.ts";
import { runForeground } from "../lib/runtime/child.ts";
import { runProgram } from "../lib/runtime/program.ts";
import { taskExitCode } from "./command_line.ts";

const task = {
  name: "notebook",
  summary: "Starts JupyterLab with the Deno kernel on the notebooks of the course.",
  flags: {},
  details: `
All other flags are those of jupyter lab:
  --no-browser     only print the address
  --port=8889      another port
  --allow-root     needed where the user is root, as in a container
  --help-all       every flag there is

A JupyterLab 4 on the path is used; where there is none, one is installed once in a virtual
environment of its own in the cache folder. Ctrl-C ends it and its kernels. For VS Code, which has its
own way of finding kernels, run deno jupyter --install once.`,
};

/** A JupyterLab to start, and the folders that it looks for more than its own in. */
interface Jupyterlab {
  readonly command: readonly [string, ...string[]];
  readonly folders: readonly string[];
}

async function start(args: readonly string[]): Promise<number> {
  const { command: [program, ...first], folders } = await findJupyterlab();
  const flags = [
    ...first,
    `--ServerApp.root_dir=${projectRoot}`,
    "--LabApp.default_url=/lab/tree/notebooks/01_data_prep.ipynb",
    // Else Ctrl-C is answered by a question.
    "--ServerApp.answer_yes=True",
    ...args,
  ];
  const environment = { JUPYTER_PATH: jupyterPath(await writeKernelspec(), ...folders) };
  // Without a terminal, Jupyter leaves its kernels behind after SIGINT, but not after SIGTERM.
  return await runForeground(program, flags, environment, "SIGTERM");
}

/** The user's own JupyterLab where its version fits, else ours. */
async function findJupyterlab(): Promise<Jupyterlab> {
  const own = await runProgram("jupyter", ["lab", "--version"]);
  const version = own?.success ? own.stdout.trim() : undefined;
  if (version?.startsWith("4.")) {
    console.error(`Using the JupyterLab ${version} that is installed.`);
    const plotly = await ensurePythonEnvironment(plotlyPackages, console.error);
    return { command: ["jupyter", "lab"], folders: [join(plotly.folder, "share", "jupyter")] };
  }
  const { python } = await ensurePythonEnvironment(jupyterlabPackages, console.error);
  return { command: [python, "-m", "jupyterlab"], folders: [] };
}

const asksForHelp = Deno.args.includes("--help") || Deno.args.includes("-h");
Deno.exit(await taskExitCode(task, () => start(Deno.args), asksForHelp ? ["--help"] : []));
