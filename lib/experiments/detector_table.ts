import type { Table } from "../evaluation/markdown_table.ts";
import { paperOrgan, paperTable1 } from "../evaluation/paper_tables.ts";
import { casesOf, classesOf, costsOf, type RunGroup } from "./run_group.ts";
import { foldsCell, medianCell, numberCell, peakCell, spread } from "./table_cells.ts";

/**
 * The shape of the paper's Table 1: the detector's boxes, by label and organ. Beside their 3D IoU
 * stands that of the box which the last pass of the segmentor cropped around.
 */
export function detectorTable(groups: readonly RunGroup[], labelTitle = "Preset"): Table {
  const header = [
    labelTitle,
    "Organ",
    "Folds",
    "Cases",
    "IoU 2D (paper)",
    "IoU 2D (ours)",
    "IoU 3D (ours)",
    "IoU 3D, last pass (ours)",
    "Wall error mm (ours)",
    "VRAM MiB (paper)",
    "Tensors MiB (ours)",
    "Time s (paper)",
    "Median time s (ours)",
  ];
  const rows = groups.map((group) => {
    const known = paperOrgan(group.organ);
    const paper = known && paperTable1[known];
    const [firstClass] = classesOf(group);
    const lastPasses = casesOf(group, "withCrop", "scan", firstClass);
    const found = group.results.flatMap(({ detections }) => detections);
    return [
      group.label,
      group.organ,
      foldsCell(group),
      String(found.length),
      numberCell(paper?.iou, 4),
      spread(found.map(({ iou2d }) => iou2d), 4),
      spread(found.map(({ iou3d }) => iou3d), 4),
      spread(lastPasses.map(({ regionIou3d }) => regionIou3d), 4),
      spread(found.map(({ wallErrorMm }) => wallErrorMm), 2),
      numberCell(paper?.vramMib, 0),
      peakCell(costsOf(group, "detector")),
      numberCell(paper?.timeSeconds, 4),
      medianCell(found.map(({ detectMs }) => detectMs / 1000), 4),
    ];
  });
  return { header, rows };
}
