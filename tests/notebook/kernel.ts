import { fileURLToPath } from "node:url";
import { UserError } from "../../lib/errors.ts";
import { jupyterPath, writeKernelspec } from "../../lib/jupyter/kernelspec.ts";
import {
  ensurePythonEnvironment,
  nbclientPackages,
  type PythonEnvironment,
} from "../../lib/jupyter/python_environment.ts";
import type { Cell, Notebook, Output } from "../../lib/jupyter/notebook_file.ts";
import { projectRoot } from "../../lib/paths.ts";
import { runProgram } from "../../lib/runtime/program.ts";

/** What runs notebooks here; undefined, with the reason printed, where Python cannot provide it. */
export const environment: PythonEnvironment | undefined = await provide();

async function provide(): Promise<PythonEnvironment | undefined> {
  try {
    return await ensurePythonEnvironment(nbclientPackages, () => {});
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`Tests with a Jupyter kernel are skipped: ${error.message}`);
    return undefined;
  }
}

/** A test that needs a kernel. */
export function kernelTest(
  name: string,
  run: (environment: PythonEnvironment) => Promise<void>,
): void {
  Deno.test({ name, ignore: environment === undefined, fn: () => run(environment!) });
}

/** Runs a test in a folder where a kernel finds the project, and cells find lib as "../../lib/". */
export async function inProjectFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: `${projectRoot}/data`, prefix: "notebook-test-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A notebook of some cells. */
export function makeNotebook(cells: readonly Cell[]): Notebook {
  return {
    cells,
    metadata: {
      kernelspec: { name: "deno", display_name: "Deno", language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts" },
    },
    nbformat: 4,
    nbformat_minor: 4,
  };
}

/** A code cell. */
export function code(
  source: string,
  metadata: Cell["metadata"] = {},
  outputs: readonly Output[] = [],
): Cell {
  return { cell_type: "code", source, metadata, outputs, execution_count: null };
}

/** A cell of text. */
export function markdown(source: string): Cell {
  return { cell_type: "markdown", source, metadata: {} };
}

/** A cell to run, and the text among its outputs at which Jupyter's Stop is pressed. */
export interface Step {
  readonly code: string;
  readonly stopAt?: string;
}

/** What came of a step: the contents of its messages, and whether the kernel lives afterwards. */
export interface StepResult {
  readonly status: "ok" | "error";
  readonly outputs: readonly (Output & { readonly transient?: { display_id?: string } })[];
  readonly alive: boolean;
}

/** Runs cells in one kernel. */
export async function runCells(
  { python }: PythonEnvironment,
  folder: string,
  steps: readonly Step[],
): Promise<StepResult[]> {
  const program = fileURLToPath(new URL("./kernel_session.py", import.meta.url));
  const result = await runProgram(python, ["-B", program, folder, JSON.stringify(steps)], {
    env: {
      JUPYTER_PATH: jupyterPath(await writeKernelspec()),
      ROISEG_NOTEBOOK_PRESET: "tiny",
      ROISEG_DATA_DIR: `${folder}/data`,
    },
  });
  if (!result?.success) throw new Error(`no session: ${result?.stderr}`);
  return result.stdout.trim().split("\n").map((line) => JSON.parse(line));
}

/** Whatever the outputs of a step show as text. */
export function textOf({ outputs }: StepResult): string {
  return outputs.map(({ data, text, evalue }) => data?.["text/plain"] ?? text ?? evalue).join("\n");
}
