import { formatCsv } from "../evaluation/csv.ts";
import { markdownTable, type Table } from "../evaluation/markdown_table.ts";
import { modeNames } from "../evaluation/table_cells.ts";
import { protocolNote } from "../evaluation/tables.ts";
import { budgetTable } from "./budget_table.ts";
import { fromRows, rowsOfCases } from "./case_rows.ts";
import type { Experiment, Findings, TitledTable } from "./experiment.ts";
import type { RunState } from "./run_states.ts";

/** An experiment and what has been found so far. */
export interface ExperimentReport {
  readonly experiment: Experiment;
  readonly findings: Findings;
  readonly states: readonly RunState[];
  readonly dataSet: string;
  /** The command that makes or completes it. */
  readonly command: string;
  /** Of the tables' files, without their ends. */
  readonly fileName: string;
}

/** The report as Markdown: tables, the budget, what is missing, and how the protocols differ. */
export function reportMarkdown(report: ExperimentReport): string {
  const { experiment, dataSet, command, states } = report;
  const toleranceMm = states.find(({ result }) => result?.modes.length)?.result?.toleranceMm ?? 2;
  const cubeEdge = states.at(0)?.spec.config.cubeEdge;
  const sections = allTables(report).map(({ title, table, note }) =>
    [`## ${title}\n`, markdownTable(table.header, table.rows), ...(note ? [`${note}\n`] : [])]
      .join("\n")
  );
  return [
    `# ${experiment.title}\n`,
    `${experiment.about}\n`,
    `Data set: ${dataSet}. Command: \`${command}\`\n`,
    missingText(states),
    ...twinText(states),
    ...sections,
    `## How to read this beside the paper\n`,
    protocolNote({ dataSet, toleranceMm, cubeEdge }),
    `${trainingNote}\n`,
  ].join("\n");
}

/** The experiment's tables and, last, what its runs were given. */
export function allTables({ experiment, findings }: ExperimentReport): TitledTable[] {
  return [
    ...experiment.tables(findings),
    {
      title: "Budget",
      table: budgetTable(findings.groups),
      note:
        "Training cases are those that train + those that validate. Steps are optimizer steps. " +
        "Training times are sums over the epochs, on a machine that may have had other work; a " +
        "detector that several runs share was trained once and counts in each. The process's memory " +
        "is the most of all folds, of training or of evaluation alone where that came later.",
    },
  ].filter(({ table }) => table.rows.length > 0);
}

/** The tables as plain JSON, without the cases, which are in the CSV and in the runs' files. */
export function reportJson(report: ExperimentReport): unknown {
  const { experiment, findings, states, dataSet, command } = report;
  return {
    format: 1,
    experiment: experiment.name,
    title: experiment.title,
    dataSet,
    command,
    options: findings.options,
    runs: states.map(({ spec, state, failure }) => ({
      id: spec.id,
      label: spec.label,
      organ: spec.parsedOrgan.name,
      fold: spec.fold,
      state,
      ...(failure === "" ? {} : { failure }),
    })),
    tables: allTables(report).map(({ title, table }) => ({ title, rows: rowsAsRecords(table) })),
  };
}

/** Every case of every run as CSV: the label, the run and its fold, then what was measured. */
export function reportCsv({ findings: { groups } }: ExperimentReport): string {
  const records = groups.flatMap(({ label, results }) =>
    results.flatMap(({ id, fold, preset, cases, together, detections }) => {
      const run = { label, preset, fold, run: id };
      const ofDetector = detections.map((row) => ({ ...row, mode: "detector" }));
      const others = fromRows(rowsOfCases(together?.cases ?? []));
      const ofOthers = others.map((row) => ({ ...row, mode: "withCrop, organs together" }));
      return [...ofDetector, ...fromRows(rowsOfCases(cases)), ...ofOthers]
        .map((row) => ({ ...run, ...row }));
    })
  ) as Record<string, string | number>[];
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return formatCsv(columns, records.map((record) => columns.map((name) => record[name])));
}

/** "All 20 runs are done." or what is not, by name. */
export function missingText(states: readonly RunState[]): string {
  const missing = states.filter(({ state }) => state !== "done");
  if (missing.length === 0) {
    return states.length === 1 ? "The run is done.\n" : `All ${states.length} runs are done.\n`;
  }
  const lines = missing.map(({ spec, state, result, failure }) => {
    const lacking = spec.modes.filter((mode) => result !== null && !result.modes.includes(mode));
    const why = state === "failed"
      ? `failed: ${failure}`
      : lacking.length > 0
      ? `lacks ${lacking.map((mode) => modeNames[mode]).join(", ")}`
      : state === "begun"
      ? "begun"
      : "not begun";
    return `- \`${spec.id}\` (${spec.label}): ${why}`;
  });
  const done = states.length - missing.length;
  return `${done} of ${states.length} runs are done. Not done:\n\n${lines.join("\n")}\n`;
}

/** Which results without crop are another run's; nothing where none is. */
function twinText(states: readonly RunState[]): string[] {
  const lines = states.flatMap(({ spec, result }) =>
    result?.twinFrom === undefined || !spec.modes.includes("withoutCrop")
      ? []
      : [`- \`${result.id}\`: \`${result.twinFrom}\``]
  );
  return lines.length === 0 ? [] : [
    "Without crop these runs have the results of others, which trained and measured the same network " +
    `on whole volumes; their times are left out:\n\n${lines.join("\n")}\n`,
  ];
}

const trainingNote =
  "The paper trained on 200 and more scans for a number of epochs that it does not give, and scored " +
  "one split; ours are k folds, each case tested once, with the budget of the table above.";

function rowsAsRecords({ header, rows }: Table): Record<string, string>[] {
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
}
