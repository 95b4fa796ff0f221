import { codeCells, joined, type Notebook } from "./notebook_file.ts";

/** The code cells of a notebook as one module, whose top level awaits. */
export interface NotebookModule {
  readonly text: string;
  /** The cell and the line in it, both counted from 1, of a line of the module, likewise. */
  place(line: number): { readonly cell: number; readonly line: number };
}

/** Joins the code cells of a notebook; every line stays a line. */
export function notebookModule(notebook: Notebook): NotebookModule {
  const lines: string[] = [];
  const places: { cell: number; line: number }[] = [];
  codeCells(notebook).forEach((cell, index) => {
    joined(cell.source).split("\n").forEach((text, row) => {
      lines.push(text);
      places.push({ cell: index + 1, line: row + 1 });
    });
  });
  return {
    text: lines.join("\n") + "\n",
    place: (line) => places[Math.min(line, places.length) - 1],
  };
}

/** The text with its relative imports made absolute, so that the module may lie anywhere. */
export function withAbsoluteImports(text: string, base: URL): string {
  return text.replace(
    /(\bfrom\s+|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]+)"/g,
    (_, before: string, specifier: string) => `${before}"${new URL(specifier, base).href}"`,
  );
}
