import { type CsvValue, formatCsv, maskColumns } from "./csv.ts";
import { markdownTable } from "./markdown_table.ts";
import type { FileScore } from "./score_files.ts";
import { casesCell, classCell, medianCell, spread } from "./table_cells.ts";
import { type Column, tableOf } from "./table_columns.ts";

/** Where scores come from. */
export interface ScoreSource {
  readonly dataSet: string;
  readonly maskFolder: string;
  /** What --values said of the masks, if anything: "liver=5". */
  readonly values?: readonly string[];
  readonly toleranceMm: number;
  /** Cases with labels that have no mask. */
  readonly missing: readonly string[];
}

/** The scores as Markdown: mean and standard deviation (n - 1) over the cases, a row for each class. */
export function scoreReport(scores: readonly FileScore[], source: ScoreSource): string {
  const { dataSet, maskFolder, values = [], toleranceMm, missing } = source;
  const groups = [...Map.groupBy(scores, ({ organ, className }) => classCell(organ, className))]
    .map(([title, cases]) => ({ title, cases }));
  const { header, rows } = tableOf(columns, groups);
  const notScored = missing.length === 0
    ? "Every case with labels has a mask."
    : `${missing.length} cases have no mask and are left out: ${missing.join(", ")}.`;
  return [
    `# Masks of ${maskFolder}\n`,
    `Data set: ${dataSet}. ${notScored}\n`,
    ...(values.length === 0 ? [] : [`Values in the masks: ${values.join(", ")}.\n`]),
    markdownTable(header, rows),
    "Means over the cases +- standard deviation (n - 1), in the labels' own grid. Nothing found counts",
    'as Dice 0 and HD95 the volume\'s diagonal ("empty"), and so does what was found where there is',
    'nothing ("false"); where both are empty, a case is left out and counted ("n/a"). HD95 is the',
    `larger of the two directed 95th percentiles; NSD is at ${toleranceMm} mm.\n`,
  ].join("\n");
}

/** One line for each case and class. */
export function scoresCsv(scores: readonly FileScore[]): string {
  return formatCsv(csvColumns, scores.map((one) => csvColumns.map((name): CsvValue => one[name])));
}

const csvColumns = [
  "caseId",
  "organ",
  "className",
  ...maskColumns,
] as const satisfies readonly (keyof FileScore)[];

interface Scored {
  readonly title: string;
  readonly cases: readonly FileScore[];
}

function spreadOf(name: keyof FileScore & ("dice" | "iou" | "nsd"), title: string): Column<Scored> {
  return { title, cell: ({ cases }) => spread(cases.map((one) => one[name]), 4) };
}

const columns: readonly Column<Scored>[] = [
  { title: "Organ", cell: ({ title }) => title },
  { title: "Cases", cell: ({ cases }) => casesCell(cases) },
  spreadOf("dice", "Dice"),
  { title: "Median Dice", cell: ({ cases }) => medianCell(cases.map(({ dice }) => dice), 4) },
  spreadOf("iou", "IoU"),
  { title: "HD95 voxels", cell: ({ cases }) => spread(cases.map((one) => one.hd95Voxels), 2) },
  { title: "HD95 mm", cell: ({ cases }) => spread(cases.map((one) => one.hd95Mm), 2) },
  spreadOf("nsd", "NSD"),
  {
    title: "Surface distance mm",
    cell: ({ cases }) => spread(cases.map((one) => one.meanSurfaceDistanceMm), 2),
  },
  {
    title: "Volume error ml",
    cell: ({ cases }) =>
      spread(cases.map((one) => (one.predictionMm3 - one.groundTruthMm3) / 1000), 1),
  },
];
