import { join } from "node:path";
import { UserError } from "../errors.ts";
import { markdownTable } from "../evaluation/markdown_table.ts";
import { exists } from "../files.ts";
import { projectRoot } from "../paths.ts";

/** What of an experiment's JSON is read here. */
interface Experiment {
  readonly title: string;
  readonly command: string;
  readonly tables: readonly { readonly rows: readonly Readonly<Record<string, string>>[] }[];
}

/**
 * The first table of an experiment as Markdown, under its title and command, from the results that
 * lie in the project's repository.
 *
 * @param dataSet folder in `data/results`
 * @param name of the experiment: "table1"
 * @param columns titles of those that are shown, in this order
 * @throws {UserError} when there is no such experiment, or its table lacks a column
 */
export async function committedTable(
  dataSet: string,
  name: string,
  columns: readonly string[],
): Promise<string> {
  const path = join(projectRoot, "data", "results", dataSet, `${name}.json`);
  const refuse = (rule: string, seen: string): never => {
    const remedy = "See data/results/README.md for what is there";
    throw new UserError({ what: `cannot show ${path}`, rule, seen, remedy });
  };
  if (!await exists(path)) refuse("an experiment's results must be there", "missing");
  const { title, command, tables: [{ rows }] }: Experiment = JSON.parse(
    await Deno.readTextFile(path),
  );
  const known = Object.keys(rows[0]);
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined) refuse(`its columns are ${known.join(", ")}`, unknown);
  const table = markdownTable(columns, rows.map((row) => columns.map((column) => row[column])));
  return `**${title}.** \`${command}\`\n\n${table}`;
}
