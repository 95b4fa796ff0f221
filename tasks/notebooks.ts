/** `deno task notebooks`: checks, runs and renders the notebooks of the course. */
import { basename, join } from "node:path";
import { UserError } from "../lib/errors.ts";
import { writeAtomic } from "../lib/files.ts";
import { checkNotebooks } from "../lib/jupyter/check_notebooks.ts";
import { executeNotebook, withOutputs } from "../lib/jupyter/execute_notebook.ts";
import { expectationsOf, unfulfilled } from "../lib/jupyter/expectations.ts";
import { type Fault, formatFault } from "../lib/jupyter/fault.ts";
import {
  codeCells,
  formatNotebook,
  type Notebook,
  readNotebook,
} from "../lib/jupyter/notebook_file.ts";
import { outputFaults } from "../lib/jupyter/output_rules.ts";
import {
  ensurePythonEnvironment,
  nbclientPackages,
  type PythonEnvironment,
} from "../lib/jupyter/python_environment.ts";
import { projectRoot } from "../lib/paths.ts";
import { variable } from "../lib/runtime/settings.ts";
import { taskExitCode } from "./command_line.ts";
import { formatDuration, ProgressLine } from "./progress_line.ts";

const only = {
  type: "text",
  value: "01",
  description: "the notebooks whose file names start so",
} as const;

const timeout = (seconds: number) => ({
  type: "integer",
  value: "SECONDS",
  min: 1,
  default: seconds,
  description: "the longest time that a cell may take",
} as const);

const check = {
  name: "notebooks check",
  summary: "Looks for faults in the notebooks without running them.",
  flags: { only },
  details: `
Format, lint rules and types of the code (the cells of a notebook as one module), the length of cells
and functions, the order of the course (set-up, settings, ..., check, summary, exercises), and the
stored outputs (complete, under 1 MB, no errors, no paths of a machine).`,
};

const run = {
  name: "notebooks run",
  summary: "Runs every notebook through the Deno kernel with the preset tiny; changes no file.",
  interrupt: "signal",
  flags: { only, timeout: timeout(300) },
  details: `
It fails where a cell does, and where an output is missing that a cell's metadata states:
  "expect": ["image/png", {"text": "Dice"}]
Data and runs go to a temporary folder, or to ROISEG_DATA_DIR where that is set.`,
} as const;

const render = {
  name: "notebooks render",
  summary: "Runs every notebook with the preset focus and stores the outputs in its file.",
  interrupt: "signal",
  flags: { only, timeout: timeout(3600) },
  details: `
A notebook that fails keeps its old outputs. Data and runs go to a temporary folder, or to
ROISEG_DATA_DIR where that is set.`,
} as const;

async function main([action, ...args]: readonly string[]): Promise<number> {
  switch (action) {
    case "check":
      return await taskExitCode(check, async ({ only }) => {
        const paths = await findNotebooks(only);
        return report(await checkNotebooks(paths), `${paths.length} notebooks checked`);
      }, args);
    case "run":
      return await taskExitCode(run, async ({ only, timeout }, signal) => {
        const options = { preset: "tiny", timeoutSeconds: timeout, signal, alone: true };
        const { faults, count } = await runAll(await findNotebooks(only), options);
        return report(faults, `${count} notebooks ran`);
      }, args);
    case "render":
      return await taskExitCode(render, async ({ only, timeout }, signal) => {
        const options = { preset: "focus", timeoutSeconds: timeout, signal, store: true };
        const { faults, count } = await runAll(await findNotebooks(only), options);
        return report(faults, `${count} notebooks rendered`);
      }, args);
    default:
      return usage(action);
  }
}

function usage(action: string | undefined): number {
  const lines = [check, run, render].map(({ name, summary }) => `  deno task ${name}  ${summary}`);
  const isHelp = action === "--help" || action === "-h";
  if (!isHelp) console.error(`error: the word after notebooks must be check, run or render`);
  console[isHelp ? "log" : "error"](
    ["Usage: deno task notebooks check|run|render [flags]", "", ...lines].join("\n"),
  );
  return isHelp ? 0 : 2;
}

async function findNotebooks(prefix = ""): Promise<string[]> {
  const folder = join(projectRoot, "notebooks");
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".ipynb") && name.startsWith(prefix)) names.push(name);
  }
  if (names.length > 0) return names.sort().map((name) => join(folder, name));
  throw new UserError({
    what: "cannot find a notebook",
    rule: `its file name must start with --only`,
    seen: `"${prefix}", which none in notebooks/ does`,
    remedy: "Write for example --only 01",
  });
}

/** Prints the faults, else the success; the exit code. */
function report(faults: readonly Fault[], success: string): number {
  for (const fault of faults) console.error(formatFault(fault));
  if (faults.length === 0) console.log(success);
  return faults.length === 0 ? 0 : 1;
}

interface RunAllOptions {
  readonly preset: string;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Hide what a notebook trained from the next. */
  readonly alone?: boolean;
  /** Write the outputs into the files. */
  readonly store?: boolean;
}

async function runAll(
  paths: readonly string[],
  options: RunAllOptions,
): Promise<{ faults: Fault[]; count: number }> {
  const environment = await ensurePythonEnvironment(nbclientPackages, console.error);
  const own = Deno.env.get(variable.data);
  const data = own || await Deno.makeTempDir({ prefix: "notebooks-data-" });
  const faults: Fault[] = [];
  try {
    for (const path of paths) {
      faults.push(...await runOne(path, { ...options, environment, data }));
      if (options.alone && !own) await removeIfThere(join(data, "runs"));
    }
  } finally {
    if (!own) await removeIfThere(data);
  }
  return { faults, count: paths.length };
}

async function removeIfThere(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function runOne(
  path: string,
  options: RunAllOptions & { readonly environment: PythonEnvironment; readonly data: string },
): Promise<Fault[]> {
  const { environment, timeoutSeconds, signal, preset, data, store } = options;
  const notebook = basename(path);
  const startMs = performance.now();
  const progress = new ProgressLine(`code cells of ${notebook}`);
  const { notebook: executed, failure } = await executeNotebook(path, {
    environment,
    timeoutSeconds,
    signal,
    variables: { [variable.notebookPreset]: preset, [variable.data]: data },
    onCell: (cell, count) => progress.show(cell, count),
  });
  progress.end();
  const seconds = (performance.now() - startMs) / 1000;
  console.error(`${notebook}: ${failure ? "failed" : "done"} after ${formatDuration(seconds)}`);
  if (failure !== undefined) return [{ notebook, ...failure }];
  const faults = store ? outputFaults(executed) : missingOutputs(executed);
  if (store && faults.length === 0) {
    await writeAtomic(path, formatNotebook(withOutputs(await readNotebook(path), executed)));
  }
  return faults.map((fault) => ({ notebook, ...fault }));
}

function missingOutputs(notebook: Notebook): Omit<Fault, "notebook">[] {
  return codeCells(notebook).flatMap((cell, index) =>
    unfulfilled(expectationsOf(cell) ?? [], cell.outputs ?? [])
      .map((what) => ({ cell: index + 1, message: `the expected output is missing: ${what}` }))
  );
}

Deno.exit(await main(Deno.args));
