import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../paths.ts";
import { runProgram } from "../runtime/program.ts";
import { courseFaults } from "./course_rules.ts";
import type { Fault } from "./fault.ts";
import { codeCells, joined, type Notebook, readNotebook } from "./notebook_file.ts";
import { type NotebookModule, notebookModule, withAbsoluteImports } from "./notebook_module.ts";
import { outputFaults } from "./output_rules.ts";

interface Opened {
  readonly path: string;
  /** File name. */
  readonly name: string;
  readonly notebook: Notebook;
  readonly module: NotebookModule;
}

const config = join(projectRoot, "deno.json");

/**
 * Everything that is wrong with some notebooks, without running them: format, lint rules and types
 * of their code, the course's form, and the stored outputs.
 *
 * @throws {UserError} when a file is no notebook
 */
export async function checkNotebooks(paths: readonly string[]): Promise<Fault[]> {
  const opened = await Promise.all(paths.map(open));
  const folder = await Deno.makeTempDir({ prefix: "notebooks-" });
  try {
    const byTools = [
      await formatFaults(opened, join(folder, "formatted")),
      await lintFaults(opened, join(folder, "lint")),
      await typeFaults(opened, join(folder, "types")),
    ];
    const byForm = opened.flatMap(({ name, notebook }) =>
      [...courseFaults(notebook), ...outputFaults(notebook)]
        .map((fault) => ({ notebook: name, ...fault }))
    );
    return [...byTools.flat(), ...byForm].sort(inReadingOrder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function open(path: string): Promise<Opened> {
  const notebook = await readNotebook(path);
  return { path, name: basename(path), notebook, module: notebookModule(notebook) };
}

function inReadingOrder(a: Fault, b: Fault): number {
  return a.notebook.localeCompare(b.notebook) || (a.cell ?? 0) - (b.cell ?? 0) ||
    (a.line ?? 0) - (b.line ?? 0);
}

/** Formats copies of the notebooks and sees which cells change. */
async function formatFaults(notebooks: readonly Opened[], folder: string): Promise<Fault[]> {
  await Deno.mkdir(folder);
  const copies = notebooks.map(({ name }) => join(folder, name));
  await Promise.all(notebooks.map(({ path }, i) => Deno.copyFile(path, copies[i])));
  await runDeno("fmt", "--quiet", "--config", config, folder);
  const faults: Fault[] = [];
  for (const [i, { name, notebook }] of notebooks.entries()) {
    const formatted = await readNotebook(copies[i]);
    const better = codeCells(formatted);
    codeCells(notebook).forEach(({ source }, j) => {
      const change = firstChange(joined(source), joined(better[j].source));
      if (change === undefined) return;
      const { line, wanted } = change;
      faults.push({ notebook: name, cell: j + 1, line, message: `deno fmt writes: ${wanted}` });
    });
    const texts = notebook.cells.filter(({ cell_type, source }, j) =>
      cell_type !== "code" && joined(source) !== joined(formatted.cells[j].source)
    );
    if (texts.length === 0) continue;
    const message = `${texts.length} of its texts are not formatted; deno fmt notebooks/${name}`;
    faults.push({ notebook: name, message });
  }
  return faults;
}

/** The first line, from 1, on which a text and its better form differ, and what is better there. */
function firstChange(text: string, better: string) {
  if (text === better) return undefined;
  const [lines, betterLines] = [text.split("\n"), better.split("\n")];
  const row = Math.max(0, lines.findIndex((line, index) => line !== betterLines[index]));
  return { line: row + 1, wanted: betterLines[row]?.trim() ?? "no line here" };
}

/** A diagnostic of `deno lint --json`. */
interface Diagnostic {
  readonly filename: string;
  readonly range: { readonly start: { readonly line: number } };
  readonly message: string;
  readonly code: string;
}

/** The project's lint rules, and those that only notebooks have. */
async function lintFaults(notebooks: readonly Opened[], folder: string): Promise<Fault[]> {
  const modules = await writeModules(notebooks, folder, ({ module }) => module.text);
  const { lint } = JSON.parse(await Deno.readTextFile(config));
  const { tags, include } = lint.rules;
  const ownConfig = join(folder, "deno.json");
  const plugins = [new URL("./function_length_plugin.ts", import.meta.url).href];
  // The kernel loses what is printed last in a cell now and then.
  const rules = { tags, include: [...include, "no-console"] };
  await Deno.writeTextFile(ownConfig, JSON.stringify({ lint: { plugins, rules } }));
  const { stdout, stderr } = await runDeno(
    "lint",
    "--json",
    "--config",
    ownConfig,
    ...modules.keys(),
  );
  const report: { diagnostics: Diagnostic[] } = parseReport(stdout, stderr);
  return report.diagnostics.map(({ filename, range, message, code }) => {
    const { name, module } = modules.get(decodeURIComponent(new URL(filename).pathname))!;
    return { notebook: name, ...module.place(range.start.line), message: `${message} (${code})` };
  });
}

function parseReport(stdout: string, stderr: string): { diagnostics: Diagnostic[] } {
  try {
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(`deno lint could not work: ${stderr || stdout}`, { cause: error });
  }
}

async function typeFaults(notebooks: readonly Opened[], folder: string): Promise<Fault[]> {
  const modules = await writeModules(
    notebooks,
    folder,
    ({ module, path }) => withAbsoluteImports(module.text, pathToFileURL(path)),
  );
  const { success, stderr } = await runDeno(
    "check",
    "--quiet",
    "--config",
    config,
    ...modules.keys(),
  );
  const found = messagesByPlace(stderr, modules);
  if (success || found.length > 0) return found;
  // Then the fault lies in lib/, or in a file that is not there.
  return [{ notebook: "all notebooks", message: `deno check fails: ${stderr.trim()}` }];
}

/** The messages of `deno check`, each before the line " at FILE:LINE:COLUMN" that it is about. */
function messagesByPlace(text: string, modules: ReadonlyMap<string, Opened>): Fault[] {
  const faults: Fault[] = [];
  let message = "";
  for (const line of text.split("\n")) {
    const [, start] = line.match(/(?:\[ERROR\]|^error): (.*)/) ?? [];
    if (start !== undefined) message = start;
    const [, url, row] = line.match(/at (file:\S+):(\d+):\d+/) ?? [];
    const opened = url && modules.get(decodeURIComponent(new URL(url).pathname));
    if (!opened || message === "") continue;
    faults.push({ notebook: opened.name, ...opened.module.place(Number(row)), message });
    message = "";
  }
  return faults;
}

/** Writes the module of each notebook, and returns the notebooks by the modules' paths. */
async function writeModules(
  notebooks: readonly Opened[],
  folder: string,
  textOf: (notebook: Opened) => string,
): Promise<Map<string, Opened>> {
  await Deno.mkdir(folder);
  const modules = new Map<string, Opened>();
  for (const opened of notebooks) {
    const path = join(folder, opened.name.replace(/\.ipynb$/, ".ts"));
    await Deno.writeTextFile(path, textOf(opened));
    modules.set(path, opened);
  }
  return modules;
}

async function runDeno(...args: string[]) {
  const result = await runProgram(Deno.execPath(), args, { env: { NO_COLOR: "1" } });
  return result!;
}
