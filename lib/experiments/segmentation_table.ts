import type { Table } from "../evaluation/markdown_table.ts";
import {
  paperOrgan,
  type PaperSegmentationRow,
  paperTable2,
  paperTable3,
} from "../evaluation/paper_tables.ts";
import type { EvaluationMode, EvaluationSpace } from "../evaluation/records.ts";
import { casesOf, classesOf, costsOf, type RunGroup } from "./run_group.ts";
import {
  casesCell,
  edgesCell,
  foldsCell,
  medianCell,
  modeNames,
  numberCell,
  peakCell,
  secondsOf,
  spread,
  timedParts,
} from "./table_cells.ts";

/** What {@linkcode segmentationTable} shows. */
export interface SegmentationTableOptions {
  readonly modes: readonly EvaluationMode[];
  readonly space: EvaluationSpace;
  /** What the labels are; "Preset" unless given. */
  readonly labelTitle?: string;
  /** The paper's row for a label, organ and mode; of its Tables 2 and 3 unless given. */
  paper?(label: string, organ: string, mode: EvaluationMode): PaperSegmentationRow | undefined;
}

/**
 * The shape of the paper's Tables 2, 3 and 4: a row for each mode, label, organ and class. In the
 * cube, which the paper scores in, its numbers are in columns of their own; the scan's grid has no
 * counterpart there. Times are medians: the first case of a process also pays for starting up.
 */
export function segmentationTable(
  groups: readonly RunGroup[],
  { modes, space, labelTitle = "Preset", paper = paperRow }: SegmentationTableOptions,
): Table {
  const header = [
    labelTitle,
    "Organ",
    "Region",
    "Input",
    "Folds",
    "Cases",
    "Dice (paper)",
    "Dice (ours)",
    "IoU (paper)",
    "IoU (ours)",
    "HD95 (paper)",
    "HD95 voxels (ours)",
    "HD95 mm (ours)",
    "NSD (ours)",
    "VRAM MiB (paper)",
    "Tensors MiB (ours)",
    "Time s (paper)",
    "Median time s (ours)",
  ];
  const rows = groups.flatMap((group) =>
    classesOf(group).flatMap((className) =>
      modes.filter((mode) => group.specs.some((spec) => spec.modes.includes(mode))).map((mode) => {
        const cases = casesOf(group, mode, space, className);
        const theirs = paper(group.label, group.organ, mode);
        return [
          group.label,
          className === group.organ ? group.organ : `${group.organ}: ${className}`,
          modeNames[mode],
          edgesCell(cases),
          foldsCell(group),
          casesCell(cases),
          numberCell(theirs?.dice, 4),
          spread(cases.map(({ dice }) => dice), 4),
          numberCell(theirs?.iou, 4),
          spread(cases.map(({ iou }) => iou), 4),
          numberCell(theirs?.hd95, 4),
          spread(cases.map(({ hd95Voxels }) => hd95Voxels), 2),
          spread(cases.map(({ hd95Mm }) => hd95Mm), 2),
          spread(cases.map(({ nsd }) => nsd), 4),
          numberCell(theirs?.vramMib, 0),
          memoryCell(group, mode),
          numberCell(theirs?.timeSeconds, 4),
          medianCell(secondsOf(cases, timedParts[mode]), 4),
        ];
      })
    )
  );
  return space === "cube" ? { header, rows } : withoutPaper({ header, rows });
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
  const parts = {
    groundTruthRoi: ["segmentor"],
    withCrop: ["detector", "segmentor"],
    withoutCrop: ["whole"],
  } as const;
  return peakCell(parts[mode].flatMap((part) => costsOf(group, part)));
}

function paperRow(
  _label: string,
  organ: string,
  mode: EvaluationMode,
): PaperSegmentationRow | undefined {
  const known = paperOrgan(organ);
  if (known === undefined) return undefined;
  return mode === "groundTruthRoi" ? paperTable2[known] : paperTable3[mode][known];
}
