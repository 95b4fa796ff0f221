import type { Table } from "../evaluation/markdown_table.ts";
import { type PaperFilter, paperTable8 } from "../evaluation/paper_tables.ts";
import { summarize } from "../evaluation/statistics.ts";
import {
  type Boxed,
  type Column,
  iouColumns,
  tableOf,
  wallColumn,
} from "../evaluation/table_columns.ts";
import { barsFigure } from "../figures/bars_figure.ts";
import type { Experiment } from "./experiment.ts";
import { type PlanOptions, requestEach, type Variant } from "./plan_options.ts";
import type { RunGroup } from "./run_group.ts";
import { foldsCell, hasDetections } from "./table_cells.ts";

const kinds = { mean: "average", deviation: "standard deviation" } as const;
const filters = ["none", "clahe", "laplacian", "sobel", "gaussian"] as const;

/** The paper's Table 8. */
export const table8Experiment: Experiment = {
  name: "table8",
  title: "Table 8. Pre-processing of the detector's views",
  about:
    "The detector on projections of the whole axis, through filters, beside the centre slice " +
    "that the paper's text describes.",
  presets: ["paper"],
  onePreset: true,
  organs: "paper",
  requests: (options) =>
    requestEach(options, variants(options), { phases: ["detector"], modes: [] }),
  tables: ({ groups }) => [{
    title: "Detector by pre-processing",
    table: viewsTable(groups),
    note:
      "The paper does not say which organ its Table 8 is of: 0.403 without a filter is nearest to the " +
      "0.4036 of prostate/uterus in its Table 1. That row is taken for the plain average.",
  }],
  figures: ({ groups }) => {
    const done = groups.filter(({ results }) => results.length > 0);
    if (done.length === 0) return [];
    const labels = [...new Set(done.map(({ label }) => label))];
    const organs = [...new Set(done.map(({ organ }) => organ))];
    const series = organs.map((organ) => {
      const found = labels.map((label) => {
        const group = done.find((one) => one.label === label && one.organ === organ);
        return summarize(
          group?.results.flatMap(({ detections }) => detections.map(({ iou2d }) => iou2d)) ?? [],
        );
      });
      return {
        name: organ,
        values: found.map(({ mean }) => mean),
        errors: found.map(({ standardDeviation }) => standardDeviation),
      };
    });
    return [barsFigure({
      title: "Boxes of the detector by pre-processing, mean and standard deviation over cases",
      yTitle: "mean 2D IoU of the views",
      groups: labels,
      series,
    })];
  },
};

function variants({ presets: [preset] }: PlanOptions): Variant[] {
  const projections = Object.entries(kinds).flatMap(([kind, name]) =>
    filters.map((filter) => ({
      name: filter === "none" ? name : `${name}, ${filter}`,
      preset,
      changes: [
        `detector.view.kind=${kind}`,
        "detector.view.slabCount=1",
        // Where it is "none" the key is left alone: that is what it is without a word.
        ...(filter === "none" ? [] : [`detector.view.filter=${filter}`]),
      ],
      why: "a cell of Table 8",
    }))
  );
  const centre = {
    name: "centre slice",
    preset,
    changes: ["detector.view.kind=centre", "detector.view.slabCount=1"],
    why: "the paper's text",
  };
  return [centre, ...projections];
}

function viewsTable(groups: readonly RunGroup[]): Table {
  const columns: readonly Column<Boxed & { readonly group: RunGroup }>[] = [
    { title: "Views", cell: ({ group }) => group.label },
    { title: "Organ", cell: ({ group }) => group.organ },
    { title: "Folds", cell: ({ group }) => foldsCell(group, hasDetections) },
    { title: "Cases", cell: ({ found }) => String(found.length) },
    ...iouColumns,
    wallColumn,
  ];
  const rows = groups.map((group) => ({
    group,
    found: group.results.flatMap(({ detections }) => detections),
    paperIou: paperIou(group.label),
  }));
  return tableOf(columns, rows);
}

function paperIou(label: string): number | undefined {
  const [name, filter = "none"] = label.split(", ");
  if (name === kinds.mean) return paperTable8.mean[filter as "none" | PaperFilter];
  if (name === kinds.deviation) return paperTable8.deviation[filter as PaperFilter];
  return undefined;
}
