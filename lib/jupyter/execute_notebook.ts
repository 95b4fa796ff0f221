import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import { jupyterPath, writeKernelspec } from "./kernelspec.ts";
import { type Cell, codeCells, type Notebook, readNotebook } from "./notebook_file.ts";
import type { PythonEnvironment } from "./python_environment.ts";

/** How a notebook is run. */
export interface ExecuteOptions {
  /** An environment with nbclient. */
  readonly environment: PythonEnvironment;
  /** The longest time that a cell may take. */
  readonly timeoutSeconds: number;
  /** What the kernel gets beside this process's own environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Hears of every code cell that has ended, counted from 1. */
  readonly onCell?: (cell: number, count: number) => void;
  /** Once aborted, the kernel is ended and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What a notebook's run gave. */
export interface Execution {
  /** The notebook with its new outputs. */
  readonly notebook: Notebook;
  /** Why it ended before its last cell. */
  readonly failure?: { readonly cell: number; readonly message: string };
}

/** What execute.py says. */
type Event =
  | { readonly event: "done"; readonly cell: number }
  | {
    readonly event: "failed";
    readonly cell: number;
    readonly name: string;
    readonly message: string;
    readonly traceback: readonly string[];
  };

const program = fileURLToPath(new URL("./execute.py", import.meta.url));

/**
 * Runs a notebook from its first cell to its last through a new Deno kernel, in the notebook's own
 * folder; its file stays as it is.
 *
 * @throws {UserError} when Python or the kernel cannot start
 */
export async function executeNotebook(path: string, options: ExecuteOptions): Promise<Execution> {
  const { environment, timeoutSeconds, variables, signal } = options;
  const folder = await Deno.makeTempDir({ prefix: "notebook-" });
  try {
    const notebook = await readNotebook(path);
    const [source, result] = [join(folder, "source.ipynb"), join(folder, "result.ipynb")];
    await Deno.writeTextFile(source, JSON.stringify(withoutOutputs(notebook)));
    signal?.throwIfAborted();
    const child = new Deno.Command(environment.python, {
      args: ["-B", program, source, result, dirname(path), String(timeoutSeconds)],
      env: { ...variables, JUPYTER_PATH: jupyterPath(await writeKernelspec()) },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stop = () => child.kill("SIGINT");
    signal?.addEventListener("abort", stop);
    try {
      const errors = new Response(child.stderr).text();
      const failure = await follow(child.stdout, codeNumbers(notebook), options.onCell);
      const { success } = await child.status;
      signal?.throwIfAborted();
      if (!success) throw cannotRun(path, await errors);
      return { notebook: await readNotebook(result), failure };
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function withoutOutputs(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell): Cell =>
    cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell
  );
  return { ...notebook, cells };
}

/** The number among the code cells, from 1, of each cell by its index among all. */
function codeNumbers(notebook: Notebook): Map<number, number> {
  const numbers = new Map<number, number>();
  notebook.cells.forEach(({ cell_type }, index) => {
    if (cell_type === "code") numbers.set(index, numbers.size + 1);
  });
  return numbers;
}

async function follow(
  events: ReadableStream<Uint8Array<ArrayBuffer>>,
  numbers: ReadonlyMap<number, number>,
  onCell: ExecuteOptions["onCell"],
): Promise<Execution["failure"]> {
  let failure: Execution["failure"];
  for await (const line of lines(events)) {
    const event: Event = JSON.parse(line);
    const cell = numbers.get(event.cell) ?? 0;
    if (event.event === "done") onCell?.(cell, numbers.size);
    if (event.event === "failed") failure = { cell, message: describe(event) };
  }
  return failure;
}

async function* lines(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

/** An error's name and message, and the places in the project that it came through. */
function describe({ name, message, traceback }: Event & { event: "failed" }): string {
  const places = traceback.filter((line) => /^\s+at /.test(line));
  return [`${name}: ${message}`, ...places].join("\n");
}

function cannotRun(path: string, errors: string): UserError {
  return new UserError({
    what: `cannot run ${basename(path)}`,
    rule: "Jupyter must be able to start the Deno kernel",
    seen: `failing: ${errors.trim().split("\n").at(-1)}`,
    remedy: "Try a notebook by hand with `deno task notebook`",
  });
}

/** A notebook with the outputs of a run of it in the place of its own; nothing else changes. */
export function withOutputs(notebook: Notebook, executed: Notebook): Notebook {
  const results = codeCells(executed);
  let number = 0;
  const cells = notebook.cells.map((cell): Cell => {
    if (cell.cell_type !== "code") return cell;
    const { outputs } = results[number++];
    return { ...cell, outputs, execution_count: number };
  });
  return { ...notebook, cells };
}
