import { formatCsv } from "../evaluation/csv.ts";
import { markdownTable, type Table } from "../evaluation/markdown_table.ts";
import { type PaperCostRow, paperTable5 } from "../evaluation/paper_tables.ts";
import type { ModelCost } from "../evaluation/records.ts";
import { costNote } from "../evaluation/tables.ts";
import { barsFigure } from "../figures/bars_figure.ts";
import type { Figure } from "../figures/figure.ts";
import { costJobs, type CostSubject, costSubjects } from "./cost_job.ts";
import type { CostResult } from "./cost_result.ts";
import { numberCell } from "../evaluation/table_cells.ts";

/** The measurements that are there, by the ids of their jobs. */
export type CostResults = ReadonlyMap<string, CostResult>;

/** The title of Table 5. */
export const costTitle = "Table 5. Cost";

/** The shape of the paper's Table 5: true counts beside those by its two rules. */
export function countTable(results: CostResults): Table {
  const header = [
    "Network",
    "Input",
    "Parameters M",
    "Active M",
    "MACs M",
    "FLOPs M (paper)",
    "FLOPs M by the paper's rule (ours)",
    "Rule for its own M",
    "Rule for peers M",
    "Parameters M (paper)",
    "Parameters M by the paper's rule (ours)",
  ];
  const rows = costSubjects.map((subject) => {
    const cost = costOf(subject, results);
    const paper = paperRow(subject);
    const millions = (value: number | undefined) => numberCell((value ?? NaN) / 1e6, 4);
    return [
      subject.title,
      cost === undefined ? "-" : cost.part === "detector" ? `3 x ${cost.edge}^2` : `${cost.edge}^3`,
      millions(cost?.parameters),
      millions(cost?.activeParameters),
      millions(cost?.macs),
      numberCell(paper?.operations, 4),
      millions(cost?.paperOperations),
      millions(cost?.operationsByRule?.own),
      millions(cost?.operationsByRule?.peers),
      numberCell(paper?.parameters, 4),
      millions(cost?.paperParameters),
    ];
  });
  return { header, rows };
}

/** Time and memory on this machine, each network in a process of its own. */
export function loadTable(results: CostResults): Table {
  const header = [
    "Network",
    "Time s of a volume",
    "Tensors MiB",
    "Process MiB",
    "Training iteration s",
    "Training tensors MiB",
    "Training process MiB",
    "GPU MiB",
    "Training GPU MiB",
  ];
  const rows = costSubjects.map((subject) => {
    const [forward, step] = [
      resultOf(subject, "forward", results),
      resultOf(subject, "step", results),
    ];
    const mebibytes = (bytes: number | undefined) => numberCell((bytes ?? NaN) / 2 ** 20, 0);
    return [
      subject.title,
      numberCell((forward?.forwardMs.median ?? NaN) / 1000, 4),
      mebibytes(forward?.cost.peakTensorBytes),
      mebibytes(forward?.processBytes),
      numberCell((step?.stepMs.median ?? NaN) / 1000, 4),
      mebibytes(step?.stepPeakBytes),
      mebibytes(step?.processBytes),
      mebibytes(forward?.gpuBytes),
      mebibytes(step?.gpuBytes),
    ];
  });
  return { header, rows };
}

/** The report as Markdown. @param failures reasons by job */
export function costMarkdown(
  results: CostResults,
  failures: ReadonlyMap<string, string>,
): string {
  const [count, load] = [countTable(results), loadTable(results)];
  const where = new Set(
    [...results.values()].map(({ environment: { device, tensorflow, cores, processor } }) =>
      `${device}, TensorFlow ${tensorflow}, ${cores} cores ${processor}`
    ),
  );
  const missing = costJobs.filter(({ id }) => !results.has(id))
    .map(({ id }) => `- \`${id}\`: ${failures.get(id) ?? "not run"}`);
  return [
    `# ${costTitle}\n`,
    "Command: `deno task experiment table5`\n",
    "## Counts\n",
    markdownTable(count.header, count.rows),
    costNote,
    "## Time and memory\n",
    markdownTable(load.header, load.rows),
    `On ${
      [...where].join("; ") || "nothing yet"
    }. Medians of 3 after a warm-up, results read back; ` +
    "a training iteration has one volume. Each figure is from a process of its own, on random " +
    "weights. Tensors are those that TensorFlow.js knows of; the process's peak has TensorFlow's " +
    "own scratch memory and the runtime's too. The detector's are of its three views together.\n",
    ...(missing.length === 0 ? [] : ["Not measured:\n", `${missing.join("\n")}\n`]),
  ].join("\n");
}

/** Both tables as CSV, a line a network. */
export function costCsv(results: CostResults): string {
  const [count, load] = [countTable(results), loadTable(results)];
  return formatCsv(
    [...count.header, ...load.header.slice(1)],
    count.rows.map((row, i) => [...row, ...load.rows[i].slice(1)]),
  );
}

/** Multiply-accumulates, and time where it was measured, by network. */
export function costFigures(results: CostResults): Figure[] {
  const measured = costSubjects.filter((subject) => costOf(subject, results) !== undefined);
  if (measured.length === 0) return [];
  const groups = measured.map(({ title }) => title);
  const one = (title: string, yTitle: string, value: (subject: CostSubject) => number) =>
    barsFigure({
      title,
      yTitle,
      groups,
      logarithmic: true,
      series: [{ name: yTitle, values: measured.map(value) }],
    });
  return [
    one(
      "Multiply-accumulates of a volume",
      "MACs, millions",
      (subject) => costOf(subject, results)!.macs / 1e6,
    ),
    one(
      "Time of a volume on this machine",
      "seconds",
      (subject) => (resultOf(subject, "forward", results)?.forwardMs.median ?? NaN) / 1000,
    ),
  ];
}

function resultOf(
  { id }: CostSubject,
  only: "forward" | "step",
  results: CostResults,
): CostResult | undefined {
  return results.get(`${id}-${only}`);
}

function costOf(subject: CostSubject, results: CostResults): ModelCost | undefined {
  return (resultOf(subject, "forward", results) ?? resultOf(subject, "step", results))?.cost;
}

function paperRow({ id, measured }: CostSubject): PaperCostRow | undefined {
  if (measured.model === "detector") {
    return id === "detector-paper" ? paperTable5.detector : undefined;
  }
  if (measured.model === "segmentor") {
    return id.startsWith("segmentor-focus") ? undefined : paperTable5.segmentor[measured.edge];
  }
  return (paperTable5.peers as Partial<Record<string, PaperCostRow>>)[measured.model];
}
