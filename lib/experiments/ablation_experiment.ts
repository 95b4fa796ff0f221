import { paperPhases } from "../config/config.ts";
import { makeConfig } from "../config/overrides.ts";
import type { Table } from "../evaluation/markdown_table.ts";
import { barsFigure } from "../figures/bars_figure.ts";
import type { Figure } from "../figures/figure.ts";
import type { CaseResult } from "../evaluation/records.ts";
import { summarize } from "../evaluation/statistics.ts";
import { casesCell, classCell, modeNames, numberCell, spread } from "../evaluation/table_cells.ts";
import { type Boxed, type Column, iouColumns, tableOf } from "../evaluation/table_columns.ts";
import { ablationVariants } from "./ablation_variants.ts";
import type { Experiment, Findings } from "./experiment.ts";
import { compareSides, comparisonCells, comparisonHeader, comparisonNote } from "./paired_table.ts";
import {
  changesOf,
  type PlanOptions,
  requestEach,
  type Variant,
  type Work,
} from "./plan_options.ts";
import { casesOf, classesOf, macsOf, type RunGroup } from "./run_group.ts";
import { foldsCell, hasModes } from "./table_cells.ts";

const work: Work = {
  phases: paperPhases,
  modes: ["groundTruthRoi", "withCrop"],
};

/** What each ingredient of `focus` is worth. */
export const ablationExperiment: Experiment = {
  name: "ablation",
  title: "Ablation: focus, and focus with one ingredient taken away",
  about: "Each variant is the first preset with the changes of its row; the last is the paper's " +
    "preset. A variant whose detector learns the same copies it.",
  presets: ["focus"],
  onePreset: true,
  organs: "paper",
  requests: (options) => requestEach(options, variantsOf(options), work),
  tables: (findings) => [
    { title: "Results, in the scan's own grid", table: resultTable(findings.groups) },
    {
      title: "Against the first row, case by case, with crop, in the scan's own grid",
      table: differenceTable(findings.groups),
      note: comparisonNote,
    },
    { title: "The variants", table: variantTable(shownVariants(findings)) },
  ],
  figures,
};

/**
 * The variants on another base than `focus` where another preset is named first, without those that
 * differ in nothing from the base, since all runs are changed as they are.
 */
function variantsOf(options: PlanOptions): Variant[] {
  const { presets: [base] } = options;
  const configOf = (variant: Variant) =>
    JSON.stringify(makeConfig(variant.preset, changesOf(options, variant)));
  const [first, ...others] = ablationVariants.map((one) =>
    one.preset !== "focus"
      ? one
      : { ...one, preset: base, name: one.name === "focus" ? base : one.name }
  );
  return [first, ...others.filter((one) => configOf(one) !== configOf(first))];
}

function shownVariants({ options, groups }: Findings): Variant[] {
  const labels = new Set(groups.map(({ label }) => label));
  return variantsOf(options).filter(({ name }) => labels.has(name));
}

function resultTable(groups: readonly RunGroup[]): Table {
  const columns: readonly Column<ResultRow>[] = [
    { title: "Variant", cell: ({ group }) => group.label },
    { title: "Organ", cell: ({ group, className }) => classCell(group.organ, className) },
    { title: "Folds", cell: ({ group }) => foldsCell(group, hasModes("withCrop")) },
    { title: "Cases", cell: ({ cropped }) => casesCell(cropped) },
    ...iouColumns.filter(({ title }) => !title.endsWith("(paper)")),
    {
      title: "Dice, ground-truth region",
      cell: ({ given }) => spread(given.map(({ dice }) => dice), 4),
    },
    { title: "Dice, with crop", cell: ({ cropped }) => spread(cropped.map(({ dice }) => dice), 4) },
    {
      title: "HD95 mm, with crop",
      cell: ({ cropped }) => spread(cropped.map(({ hd95Mm }) => hd95Mm), 2),
    },
    {
      title: "Coverage, with crop",
      cell: ({ cropped }) => spread(cropped.map(({ roiCoverage }) => roiCoverage), 4),
    },
    { title: "MACs M with crop", cell: ({ group }) => numberCell(macsOf(group).withCrop, 1) },
  ];
  const rows = groups.flatMap((group) =>
    classesOf(group).map((className): ResultRow => ({
      group,
      className,
      found: group.results.flatMap(({ detections }) => detections),
      given: casesOf(group, "groundTruthRoi", "scan", className),
      cropped: casesOf(group, "withCrop", "scan", className),
    }))
  );
  return tableOf(columns, rows);
}

interface ResultRow extends Boxed {
  readonly group: RunGroup;
  readonly className: string;
  readonly given: readonly CaseResult[];
  readonly cropped: readonly CaseResult[];
}

function differenceTable(groups: readonly RunGroup[]): Table {
  const rows = groups.flatMap((group) => {
    const base = groups.find(({ organ }) => organ === group.organ)!;
    if (base === group) return [];
    return classesOf(group).flatMap((className) =>
      (["dice", "hd95Mm"] as const).map((metric) => [
        group.label,
        classCell(group.organ, className),
        ...comparisonCells(
          metric,
          compareSides(metric, className, "scan", [
            { group: base, mode: "withCrop" },
            { group, mode: "withCrop" },
          ]),
        ),
      ])
    );
  });
  return { header: ["Variant", "Organ", ...comparisonHeader("this row minus the first")], rows };
}

function variantTable(variants: readonly Variant[]): Table {
  return {
    header: ["Variant", "Preset", "Changes", "What it shows"],
    rows: variants.map((
      { name, preset, changes, why },
    ) => [name, preset, changes.join(", ") || "-", why]),
  };
}

function figures({ groups }: Findings): Figure[] {
  const organs = [...new Set(groups.map(({ organ }) => organ))];
  return organs.flatMap((organ) => {
    const rows = groups.filter((group) => group.organ === organ && group.results.length > 0);
    if (rows.length === 0) return [];
    const series = (["groundTruthRoi", "withCrop"] as const).map((mode) => {
      const dice = rows.map((group) =>
        summarize(
          classesOf(group).flatMap((name) =>
            casesOf(group, mode, "scan", name).map(({ dice }) => dice)
          ),
        )
      );
      return {
        name: modeNames[mode],
        values: dice.map(({ mean }) => mean),
        errors: dice.map(({ standardDeviation }) => standardDeviation),
      };
    });
    return [barsFigure({
      title: `Dice of ${organ} by variant, mean and standard deviation over cases`,
      yTitle: "Dice in the scan's own grid",
      groups: rows.map(({ label }) => label),
      series,
    })];
  });
}
