import { UserError } from "../errors.ts";

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue };

/** A text as nbformat 4 stores it: whole, or in lines that keep their ends. */
export type Lines = string | string[];

/** An output of a code cell; which members it has depends on its type. */
export interface Output {
  readonly output_type: "display_data" | "execute_result" | "stream" | "error";
  /** Of displays and results: forms by MIME type. */
  readonly data?: Readonly<Record<string, Lines | { [key: string]: JsonValue }>>;
  /** Of displays and results: about their forms, by MIME type. */
  readonly metadata?: Readonly<Record<string, JsonValue>>;
  /** Of streams. */
  readonly text?: Lines;
  /** Of errors. */
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
}

/** A cell; outputs and count are those of code cells. */
export interface Cell {
  readonly cell_type: "code" | "markdown" | "raw";
  readonly source: Lines;
  readonly metadata: Readonly<Record<string, JsonValue>>;
  readonly outputs?: readonly Output[];
  readonly execution_count?: number | null;
}

/** A notebook of nbformat 4 (nbformat.readthedocs.io). */
export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: Readonly<Record<string, JsonValue>>;
  readonly nbformat: 4;
  readonly nbformat_minor: number;
}

/**
 * Reads a notebook.
 *
 * @throws {UserError} when it is not JSON of nbformat 4
 */
export async function readNotebook(path: string): Promise<Notebook> {
  const notebook = parse(await Deno.readTextFile(path));
  if (notebook?.nbformat === 4 && Array.isArray(notebook.cells)) return notebook;
  throw new UserError({
    what: `cannot read ${path}`,
    rule: "a notebook must be JSON of nbformat 4",
    remedy: "Save it again from JupyterLab, or restore it with git",
  });
}

function parse(text: string): Notebook | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text of a notebook as one string. */
export function joined(text: Lines): string {
  return typeof text === "string" ? text : text.join("");
}

/** The code cells of a notebook in their order, whose numbers count from 1. */
export function codeCells({ cells }: Notebook): Cell[] {
  return cells.filter(({ cell_type }) => cell_type === "code");
}

/**
 * A notebook as a file's text: members in alphabetical order and indented by one space, as Jupyter
 * writes it, but a list of numbers in one line, so that figures do not fill the file with lines.
 */
export function formatNotebook(notebook: Notebook): string {
  return format(notebook as unknown as JsonValue, "") + "\n";
}

function format(value: JsonValue, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = `${indent} `;
  if (Array.isArray(value)) {
    if (value.every(isNumeric)) return JSON.stringify(value);
    const items = value.map((item) => deeper + format(item, deeper));
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  const keys = Object.keys(value).sort();
  if (keys.length === 0) return "{}";
  const members = keys.map((key) =>
    `${deeper}${JSON.stringify(key)}: ${format(value[key], deeper)}`
  );
  return `{\n${members.join(",\n")}\n${indent}}`;
}

function isNumeric(value: JsonValue): boolean {
  return typeof value === "number" || value === null;
}
