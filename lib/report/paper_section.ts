import type { Evaluation } from "../evaluation/records.ts";
import { costNote, protocolNote, resultTables } from "../evaluation/tables.ts";
import { footnote, markup } from "./html.ts";
import { besidePaperTable, tableGrid } from "./html_table.ts";
import type { Section } from "./page.ts";
import { typeset } from "./typeset.ts";

/** The tables of lib/evaluation/tables.ts beside the paper's, with what keeps the two apart. */
export function paperSection(evaluation: Evaluation): Section {
  const tables = resultTables(evaluation).map(({ title, table }) =>
    besidePaperTable(table, typeset(title))
  );
  return {
    id: "paper",
    title: "Beside the paper",
    body: markup`<p>${typeset(protocolNote(evaluation))}</p>
${tableGrid(tables)}${footnote(typeset(costNote))}`,
  };
}
