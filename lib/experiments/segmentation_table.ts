import type { Table } from "../evaluation/markdown_table.ts";
import {
  paperOrgan,
  type PaperSegmentationRow,
  paperTable2,
  paperTable3,
} from "../evaluation/paper_tables.ts";
import type { EvaluationMode, EvaluationSpace } from "../evaluation/records.ts";
import {
  casesCell,
  classCell,
  edgesCell,
  medianCell,
  modeNames,
  numberCell,
  peakCell,
  secondsOf,
  timedParts,
} from "../evaluation/table_cells.ts";
import {
  type Column,
  costColumns,
  type Costed,
  nsdColumn,
  scoreColumns,
  type Scored,
  tableOf,
} from "../evaluation/table_columns.ts";
import { casesOf, classesOf, costsOf, macsOf, type RunGroup } from "./run_group.ts";
import { foldsCell, hasModes } from "./table_cells.ts";

/** What {@linkcode segmentationTable} shows. */
export interface SegmentationTableOptions {
  readonly modes: readonly EvaluationMode[];
  readonly space: EvaluationSpace;
  /** What the labels are; "Preset" unless given. */
  readonly labelTitle?: string;
  /** Whether parameters and multiply-accumulates have columns, for rows of several networks. */
  readonly withCounts?: boolean;
  /** The paper's row for a label, class and mode; of its Tables 2 and 3 unless given. */
  paper?(label: string, className: string, mode: EvaluationMode): PaperSegmentationRow | undefined;
}

/**
 * The shape of the paper's Tables 2, 3 and 4: a row for each mode, label, organ and class. In the
 * cube, which the paper scores in, its numbers are in columns of their own; the scan's grid has no
 * counterpart there. Times are medians.
 */
export function segmentationTable(
  groups: readonly RunGroup[],
  { modes, space, labelTitle = "Preset", withCounts = false, paper = paperRow }:
    SegmentationTableOptions,
): Table {
  const columns: readonly Column<SegmentationRow>[] = [
    { title: labelTitle, cell: ({ group }) => group.label },
    { title: "Organ", cell: ({ group, className }) => classCell(group.organ, className) },
    { title: "Region", cell: ({ mode }) => modeNames[mode] },
    { title: "Input", cell: ({ cases }) => edgesCell(cases) },
    { title: "Folds", cell: ({ group, mode }) => foldsCell(group, hasModes(mode)) },
    { title: "Cases", cell: ({ cases }) => casesCell(cases) },
    ...scoreColumns,
    nsdColumn,
    ...(withCounts ? countColumns : []),
    ...costColumns("Median time s (ours)"),
  ];
  const rows = groups.flatMap((group) =>
    classesOf(group).flatMap((className) =>
      modes.filter((mode) => group.specs.some((spec) => spec.modes.includes(mode))).map(
        (mode): SegmentationRow => {
          const cases = casesOf(group, mode, space, className);
          return {
            group,
            className,
            mode,
            cases,
            paper: paper(group.label, className, mode),
            memory: memoryCell(group, mode),
            time: medianCell(secondsOf(cases, timedParts[mode]), 4),
          };
        },
      )
    )
  );
  const table = tableOf(columns, rows);
  return space === "cube" ? table : withoutPaper(table);
}

/** Of all parts that run, in millions; a part that runs twice has its operations twice. */
const countColumns: readonly Column<SegmentationRow>[] = [
  {
    title: "Parameters M",
    cell: ({ group, mode }) => {
      const parts = partsOfMode[mode].map((part) => costsOf(group, part)[0]?.parameters ?? NaN);
      return numberCell(parts.reduce((sum, count) => sum + count, 0) / 1e6, 2);
    },
  },
  {
    title: "MACs M",
    cell: ({ group, mode }) => {
      const macs = macsOf(group);
      return numberCell(mode === "groundTruthRoi" ? macs.segmentor : macs[mode], 1);
    },
  },
];

interface SegmentationRow extends Scored, Costed {
  readonly group: RunGroup;
  readonly className: string;
  readonly mode: EvaluationMode;
  readonly paper?: PaperSegmentationRow;
}

/** Leaves the paper's columns out, and the word that told ours from them. */
function withoutPaper({ header, rows }: Table): Table {
  const kept = header.flatMap((name, column) => name.endsWith("(paper)") ? [] : [column]);
  return {
    header: kept.map((column) => header[column].replace(" (ours)", "")),
    rows: rows.map((row) => kept.map((column) => row[column])),
  };
}

function memoryCell(group: RunGroup, mode: EvaluationMode): string {
  return peakCell(partsOfMode[mode].flatMap((part) => costsOf(group, part)));
}

const partsOfMode = {
  groundTruthRoi: ["segmentor"],
  withCrop: ["detector", "segmentor"],
  withoutCrop: ["whole"],
} as const;

function paperRow(
  _label: string,
  className: string,
  mode: EvaluationMode,
): PaperSegmentationRow | undefined {
  const known = paperOrgan(className);
  if (known === undefined) return undefined;
  return mode === "groundTruthRoi" ? paperTable2[known] : paperTable3[mode][known];
}
