import type { Table } from "../evaluation/markdown_table.ts";
import { paperOrgan, paperTable1 } from "../evaluation/paper_tables.ts";
import { medianCell, peakCell, spread } from "../evaluation/table_cells.ts";
import {
  type Boxed,
  type Column,
  costColumns,
  type Costed,
  iouColumns,
  tableOf,
  wallColumn,
} from "../evaluation/table_columns.ts";
import { casesOf, classesOf, costsOf, type RunGroup } from "./run_group.ts";
import { foldsCell, hasDetections } from "./table_cells.ts";

/**
 * The shape of the paper's Table 1: the detector's boxes, by label and organ. Beside their 3D IoU
 * stands that of the box which the last pass of the segmentor cropped around.
 */
export function detectorTable(groups: readonly RunGroup[]): Table {
  const columns: readonly Column<DetectorRow>[] = [
    { title: "Preset", cell: ({ group }) => group.label },
    { title: "Organ", cell: ({ group }) => group.organ },
    { title: "Folds", cell: ({ group }) => foldsCell(group, hasDetections) },
    { title: "Cases", cell: ({ found }) => String(found.length) },
    ...iouColumns,
    { title: "IoU 3D, last pass (ours)", cell: ({ group }) => lastPassCell(group) },
    wallColumn,
    ...costColumns("Median time s (ours)"),
  ];
  const rows = groups.map((group): DetectorRow => {
    const known = paperOrgan(group.organ);
    const paper = known && paperTable1[known];
    const found = group.results.flatMap(({ detections }) => detections);
    return {
      group,
      found,
      paper,
      paperIou: paper?.iou,
      memory: peakCell(costsOf(group, "detector")),
      time: medianCell(found.map(({ detectMs }) => detectMs / 1000), 4),
    };
  });
  return tableOf(columns, rows);
}

interface DetectorRow extends Boxed, Costed {
  readonly group: RunGroup;
}

function lastPassCell(group: RunGroup): string {
  const cases = casesOf(group, "withCrop", "scan", classesOf(group)[0]);
  return spread(cases.map(({ regionIou3d }) => regionIou3d), 4);
}
