import type { Table } from "../evaluation/markdown_table.ts";
import { classCell, spread } from "../evaluation/table_cells.ts";
import { compareCases, comparisonCells, comparisonHeader } from "./paired_table.ts";
import { casesOf, classesOf, type RunGroup, togetherCases } from "./run_group.ts";

/**
 * Each organ segmented together with the others of its row, against itself alone, both with crop and
 * in the scan's own grid: a row for each class and metric. Without rows where nothing was together.
 */
export function togetherTable(groups: readonly RunGroup[]): Table {
  const rows = groups.flatMap((group) =>
    classesOf(group).flatMap((className) => {
      const together = togetherCases(group, className);
      const ids = new Set(together.map(({ caseId }) => caseId));
      const alone = casesOf(group, "withCrop", "scan", className)
        .filter(({ caseId }) => ids.has(caseId));
      if (together.length === 0) return [];
      return (["dice", "hd95Mm"] as const).map((metric) => [
        group.label,
        classCell(group.organ, className),
        ...[alone, together].map((cases) =>
          spread(cases.map((one) => one[metric]), metric === "dice" ? 4 : 2)
        ),
        ...comparisonCells(metric, compareCases(metric, className, alone, together)),
      ]);
    })
  );
  const comparison = comparisonHeader("together minus alone");
  return { header: ["Row", "Organ", "Alone", "Together", ...comparison], rows };
}

/** What the table compares, as a paragraph. */
export const togetherNote =
  "Together: the networks of all organs of a row segment a scan, and where several take a voxel for " +
  "their organ's, the surest by its logit has it.";
