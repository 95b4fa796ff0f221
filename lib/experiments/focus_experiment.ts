import { phaseNames } from "../config/config.ts";
import { boxPlotFigure } from "../figures/box_plot_figure.ts";
import type { Figure } from "../figures/figure.ts";
import { modeLooks } from "../report/evaluation_modes.ts";
import { detectorTable } from "./detector_table.ts";
import type { Experiment, Findings, TitledTable } from "./experiment.ts";
import { costComparisonTable, lossNote, lossTable, targetTable } from "./focus_tables.ts";
import { comparisonNote, cropDifferenceTable } from "./paired_table.ts";
import { presetVariants, requestEach, type Work } from "./plan_options.ts";
import { casesOf, classesOf } from "./run_group.ts";
import { segmentationTable } from "./segmentation_table.ts";
import { togetherNote, togetherTable } from "./together_table.ts";

/** Everything that a run can be: detector, both segmentors, fine-tuning. */
export const everything: Work = {
  phases: phaseNames,
  modes: ["groundTruthRoi", "withCrop", "withoutCrop"],
};

/** Whether cropping keeps the accuracy, and what it saves: the promise of the preset `focus`. */
export const focusExperiment: Experiment = {
  name: "focus",
  title: "Focus: does the detector's crop keep the accuracy, and what does it save?",
  about: "Detector, segmentor, fine-tuning and the whole-volume twin of every organ and fold; " +
    "with crop against without crop case by case, and against this project's targets.",
  presets: ["focus"],
  organs: "targets",
  together: true,
  requests: (options) => requestEach(options, presetVariants(options), everything),
  tables: ({ groups, labels }) => [
    { title: "Targets", table: targetTable(groups, labels) },
    { title: "Detector", table: detectorTable(groups) },
    {
      title: "Where Dice is lost, in the scan's own grid",
      table: lossTable(groups),
      note: lossNote,
    },
    {
      title: "Segmentation, in the scan's own grid",
      table: segmentationTable(groups, { modes: everything.modes, space: "scan" }),
    },
    {
      title: "Segmentation, in the prepared cube",
      table: segmentationTable(groups, { modes: everything.modes, space: "cube" }),
    },
    {
      title: "With crop against without crop, in the scan's own grid",
      table: cropDifferenceTable(groups, "scan"),
      note: comparisonNote,
    },
    ...togetherTables(groups),
    {
      title: "Cost",
      table: costComparisonTable(groups),
      note:
        "Times are of the folds that measured both themselves, where there are any. How often the " +
        "segmentor runs differs: once a pass, and again where a volume is unusual.",
    },
  ],
  figures: modeFigures,
};

function togetherTables(groups: Findings["groups"]): TitledTable[] {
  const table = togetherTable(groups);
  const title = "Organs segmented together against each alone, in the scan's own grid";
  return table.rows.length === 0 ? [] : [{ title, table, note: togetherNote }];
}

/** Dice and HD95 of every case by organ and mode, in the scan's own grid. */
export function modeFigures({ groups }: Findings): Figure[] {
  const labels = new Set(groups.map(({ label }) => label));
  const boxes = (metric: "dice" | "hd95Mm") =>
    groups.flatMap((group) =>
      classesOf(group).flatMap((className) =>
        modeLooks.map(({ mode, name, colour }) => {
          const cases = casesOf(group, mode, "scan", className);
          const prefix = labels.size > 1 ? `${group.label}, ` : "";
          return {
            name: `${prefix}${className}, ${name}`,
            values: cases.map((one) => one[metric]),
            labels: cases.map(({ caseId }) => caseId),
            colour,
          };
        })
      )
    ).filter(({ values }) => values.length > 0);
  return [
    { title: "Dice in the scan's own grid, every case", yTitle: "Dice", groups: boxes("dice") },
    {
      title: "HD95 in the scan's own grid, every case",
      yTitle: "HD95 mm",
      groups: boxes("hd95Mm"),
    },
  ].filter(({ groups }) => groups.length > 0).map(boxPlotFigure);
}
