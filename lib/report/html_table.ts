import type { Table } from "../evaluation/markdown_table.ts";
import { type Html, type HtmlPart, markup } from "./html.ts";
import { typeset } from "./typeset.ts";

/** A table with a caption. */
export interface HtmlTable {
  readonly caption: string;
  readonly header: readonly string[];
  /** The first cell names its row. Cells that begin with a digit are set as numbers. */
  readonly rows: readonly (readonly HtmlPart[])[];
}

/** A table as it is; cells of numbers are aligned on the right. */
export function htmlTable({ caption, header, rows }: HtmlTable): Html {
  const isNumeric = header.map((_, i) => i > 0 && rows.every((cells) => isNumber(cells[i])));
  const kind = (column: number) => isNumeric[column] ? "number" : "text";
  const heads = header.map((name, i) => markup`<th scope="col" class="${kind(i)}">${name}</th>`);
  const lines = rows.map(([name, ...cells]) => {
    const rest = cells.map((cell, i) => markup`<td class="${kind(i + 1)}">${cell}</td>`);
    return markup`<tr><th scope="row">${name}</th>${rest}</tr>\n`;
  });
  return tableOf("plain", caption, markup`<tr>${heads}</tr>`, lines);
}

/** Tables side by side where there is room. */
export function tableGrid(tables: readonly Html[]): Html {
  return markup`<div class="tables">${tables.map((table) => markup`<div>${table}</div>`)}</div>\n`;
}

/** Columns that say what a row is about; the others say what was found. */
const naming: ReadonlySet<string> = new Set(["Method", "Organ", "Part"]);

/**
 * A table of lib/evaluation/tables.ts on its side: each of its rows becomes two columns, the paper's
 * and ours, and each quantity a row, so that few rows of many quantities can be read and printed.
 */
export function besidePaperTable({ header, rows }: Table, caption: string): Html {
  const names = rows.map((cells) => cells.filter((_, column) => naming.has(header[column])));
  const heads = names.map((parts) =>
    markup`<th colspan="2" scope="colgroup">${
      parts.map((part, i) => i === 0 ? part : markup`,<br>${part}`)
    }</th>`
  );
  const sides = rows.map(() => markup`<th class="paper">paper</th><th>ours</th>`);
  const head = markup`<tr><td rowspan="2"></td>${heads}</tr><tr>${sides}</tr>`;
  const lines = quantitiesOf(header).map(({ name, both, paper, ours }) => {
    const cells = rows.map((row) =>
      both === undefined
        ? [
          markup`<td class="paper number">${cellAt(row, paper)}</td>`,
          markup`<td class="number">${cellAt(row, ours)}</td>`,
        ]
        : markup`<td colspan="2" class="both">${cellAt(row, both)}</td>`
    );
    return markup`<tr><th scope="row">${typeset(name)}</th>${cells}</tr>\n`;
  });
  return tableOf("beside-paper", caption, head, lines);
}

function tableOf(kind: string, caption: string, head: Html, lines: readonly Html[]): Html {
  return markup`<table class="${kind}">
<caption>${caption}</caption>
<thead>${head}</thead>
<tbody>
${lines}</tbody>
</table>
`;
}

/** Columns of one quantity: one for both sides, or one for each side that has it. */
interface Quantity {
  readonly name: string;
  readonly both?: number;
  readonly paper?: number;
  readonly ours?: number;
}

function quantitiesOf(header: readonly string[]): Quantity[] {
  const quantities = new Map<string, Quantity>();
  header.forEach((title, column) => {
    if (naming.has(title)) return;
    const [, name = title, side = "both"] = title.match(/^(.*) \((paper|ours)\)$/) ?? [];
    quantities.set(name, { ...quantities.get(name), name, [side]: column });
  });
  return [...quantities.values()];
}

function cellAt(row: readonly string[], column: number | undefined): string {
  return column === undefined ? "" : typeset(row[column]);
}

function isNumber(cell: HtmlPart): boolean {
  return typeof cell === "number" || (typeof cell === "string" && /^([-+−]?\d|–$|$)/.test(cell));
}
