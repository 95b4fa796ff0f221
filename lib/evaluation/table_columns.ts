import type { Table } from "./markdown_table.ts";
import type { PaperDetectorRow, PaperScores } from "./paper_tables.ts";
import type { CaseResult } from "./records.ts";
import { numberCell, spread } from "./table_cells.ts";

/** A column of a table: its title, and what it says of what a row is about. */
export interface Column<Row> {
  readonly title: string;
  cell(row: Row): string;
}

/** A table of these columns. */
export function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Table {
  return {
    header: columns.map(({ title }) => title),
    rows: rows.map((row) => columns.map((column) => column.cell(row))),
  };
}

/** Masks of cases, and what the paper has in their place. */
export interface Scored {
  readonly cases: readonly CaseResult[];
  readonly paper?: PaperScores;
}

/** Dice, IoU and HD95 of masks as the paper's tables have them, its numbers beside ours. */
export const scoreColumns: readonly Column<Scored>[] = [
  { title: "Dice (paper)", cell: ({ paper }) => numberCell(paper?.dice, 4) },
  { title: "Dice (ours)", cell: ({ cases }) => spread(cases.map(({ dice }) => dice), 4) },
  { title: "IoU (paper)", cell: ({ paper }) => numberCell(paper?.iou, 4) },
  { title: "IoU (ours)", cell: ({ cases }) => spread(cases.map(({ iou }) => iou), 4) },
  { title: "HD95 (paper)", cell: ({ paper }) => numberCell(paper?.hd95, 4) },
  {
    title: "HD95 voxels (ours)",
    cell: ({ cases }) => spread(cases.map(({ hd95Voxels }) => hd95Voxels), 2),
  },
  { title: "HD95 mm (ours)", cell: ({ cases }) => spread(cases.map(({ hd95Mm }) => hd95Mm), 2) },
];

/** NSD of masks, which the paper has not. */
export const nsdColumn: Column<Scored> = {
  title: "NSD (ours)",
  cell: ({ cases }) => spread(cases.map(({ nsd }) => nsd), 4),
};

/** Boxes that a detector found, and the IoU that the paper has in their place. */
export interface Boxed {
  readonly found: readonly {
    readonly iou2d: number;
    readonly iou3d: number;
    readonly wallErrorMm: number;
  }[];
  readonly paperIou?: number;
}

/** IoU of a detector's boxes. */
export const iouColumns: readonly Column<Boxed>[] = [
  { title: "IoU 2D (paper)", cell: ({ paperIou }) => numberCell(paperIou, 4) },
  { title: "IoU 2D (ours)", cell: ({ found }) => spread(found.map(({ iou2d }) => iou2d), 4) },
  { title: "IoU 3D (ours)", cell: ({ found }) => spread(found.map(({ iou3d }) => iou3d), 4) },
];

/** How far the walls of a detector's boxes are off. */
export const wallColumn: Column<Boxed> = {
  title: "Wall error mm (ours)",
  cell: ({ found }) => spread(found.map(({ wallErrorMm }) => wallErrorMm), 2),
};

/** What a row says of memory and time, ours as they are to be printed. */
export interface Costed {
  readonly paper?: PaperDetectorRow;
  readonly memory: string;
  readonly time: string;
}

/** Memory and time, the paper's beside ours. */
export function costColumns(timeTitle: string): readonly Column<Costed>[] {
  return [
    { title: "VRAM MiB (paper)", cell: ({ paper }) => numberCell(paper?.vramMib, 0) },
    { title: "Tensors MiB (ours)", cell: ({ memory }) => memory },
    { title: "Time s (paper)", cell: ({ paper }) => numberCell(paper?.timeSeconds, 4) },
    { title: timeTitle, cell: ({ time }) => time },
  ];
}
