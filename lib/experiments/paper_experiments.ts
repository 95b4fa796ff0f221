import { boxPlotFigure } from "../figures/box_plot_figure.ts";
import { detectorTable } from "./detector_table.ts";
import type { Experiment } from "./experiment.ts";
import { everything, modeFigures } from "./focus_experiment.ts";
import { comparisonNote, cropDifferenceTable } from "./paired_table.ts";
import { presetVariants, requestEach, type Work } from "./plan_options.ts";
import { segmentationTable } from "./segmentation_table.ts";

const detectorWork: Work = { phases: ["detector"], modes: [] };
const segmentorWork: Work = { phases: ["segmentor"], modes: ["groundTruthRoi"] };
const frameworkWork: Work = { phases: everything.phases, modes: ["withCrop", "withoutCrop"] };

/** The paper's Table 1. */
export const table1Experiment: Experiment = {
  name: "table1",
  title: "Table 1. The detector",
  about: "Trains the detector alone and measures its boxes on the test cases.",
  presets: ["paper"],
  organs: "paper",
  requests: (options) => requestEach(options, presetVariants(options), detectorWork),
  tables: ({ groups }) => [{ title: "Detector", table: detectorTable(groups) }],
  figures: ({ groups }) => {
    const boxes = groups.flatMap(({ label, organ, results }) => {
      const found = results.flatMap(({ detections }) => detections);
      return (["iou2d", "iou3d"] as const).map((metric) => ({
        name: `${label}, ${organ}, ${metric === "iou2d" ? "2D" : "3D"}`,
        values: found.map((one) => one[metric]),
        labels: found.map(({ caseId }) => caseId),
      }));
    }).filter(({ values }) => values.length > 0);
    if (boxes.length === 0) return [];
    return [boxPlotFigure({
      title: "Boxes of the detector, every case",
      yTitle: "IoU with the organ's box",
      yRange: [0, 1],
      groups: boxes,
    })];
  },
};

/** The paper's Table 2. */
export const table2Experiment: Experiment = {
  name: "table2",
  title: "Table 2. The segmentor on ground-truth regions",
  about:
    "Trains the segmentor on the ground truth's regions and measures it on those of the test " +
    "cases.",
  presets: ["paper"],
  organs: "paper",
  requests: (options) => requestEach(options, presetVariants(options), segmentorWork),
  tables: ({ groups }) =>
    inBothSpaces((space) => segmentationTable(groups, { modes: ["groundTruthRoi"], space })),
  figures: modeFigures,
};

/** The paper's Table 3. */
export const table3Experiment: Experiment = {
  name: "table3",
  title: "Table 3. The framework, without and with crop",
  about: "Detector, segmentor and its fine-tuning on the detector's regions, beside the same " +
    "segmentor trained on the whole volume.",
  presets: ["paper"],
  organs: "paper",
  requests: (options) => requestEach(options, presetVariants(options), frameworkWork),
  tables: ({ groups }) => [
    ...inBothSpaces((space) =>
      segmentationTable(groups, { modes: ["withoutCrop", "withCrop"], space })
    ),
    {
      title: "With crop against without crop, in the prepared cube",
      table: cropDifferenceTable(groups, "cube"),
      note: comparisonNote,
    },
  ],
  figures: modeFigures,
};

/** First the cube, which the paper scores in, then the scan's own grid. */
export function inBothSpaces<Table>(
  tableIn: (space: "cube" | "scan") => Table,
): { readonly title: string; readonly table: Table }[] {
  return [
    { title: "In the prepared cube, as the paper", table: tableIn("cube") },
    { title: "In the scan's own grid", table: tableIn("scan") },
  ];
}
