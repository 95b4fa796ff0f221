import { barsFigure } from "../figures/bars_figure.ts";
import { boxPlotFigure } from "../figures/box_plot_figure.ts";
import type { Figure } from "../figures/figure.ts";
import { scatterFigure } from "../figures/scatter_figure.ts";
import type { CaseResult, Evaluation, EvaluationSpace } from "../evaluation/records.ts";
import { caseOverlays } from "./case_overlays.ts";
import { classesOf, modeLooks, modesOf, scanCases } from "./evaluation_modes.ts";
import { figureGrid, type Html, markup } from "./html.ts";
import { htmlTable } from "./html_table.ts";
import type { Section } from "./page.ts";
import type { RunFacts } from "./run_facts.ts";

/** Every case: Dice by mode, its spread, what it owes to the detector, the best and the worst. */
export async function casesSection(facts: RunFacts, evaluation: Evaluation): Promise<Section> {
  const byCase = classesOf(evaluation).map((className) => diceByCase(evaluation, className));
  return {
    id: "cases",
    title: "Cases",
    body: markup`${figureGrid("by-case", byCase, "whole")}
${figureGrid("spread", spreadFigures(evaluation))}
${await caseOverlays(facts, evaluation)}
<h3>All cases</h3>
${caseTable(evaluation, "scan", "In the scan's own grid")}
<details>
<summary>The same in the prepared cube</summary>
${caseTable(evaluation, "cube", "In the prepared cube")}</details>
`,
  };
}

function spreadFigures(evaluation: Evaluation): Figure[] {
  return [
    boxFigure(evaluation, "Dice", "dice"),
    boxFigure(evaluation, "HD95 in mm", "hd95Mm"),
    ...diceAgainstIou(evaluation),
  ];
}

/** Bars, the case with the least Dice first; by the mode that matters most. */
function diceByCase(evaluation: Evaluation, className: string): Figure {
  const modes = modesOf(evaluation);
  const results = scanCases(evaluation).filter((one) => one.className === className);
  const diceOf = (mode: string, id: string) =>
    results.find((one) => one.mode === mode && one.caseId === id)?.dice ?? NaN;
  const ids = [...new Set(results.map(({ caseId }) => caseId))];
  const order = (id: string) => diceOf(modes[0].mode, id);
  const groups = ids.toSorted((a, b) => (order(a) || 0) - (order(b) || 0));
  return barsFigure({
    title: `Dice of every case, ${className}`,
    yTitle: "Dice",
    groups,
    series: modes.map(({ mode, name, colour }) => ({
      name,
      colour,
      values: groups.map((id) => diceOf(mode, id)),
    })),
  });
}

function boxFigure(evaluation: Evaluation, yTitle: string, metric: "dice" | "hd95Mm"): Figure {
  const classes = classesOf(evaluation);
  const groups = modesOf(evaluation).flatMap(({ mode, name, colour }) =>
    classes.map((className) => {
      const results = scanCases(evaluation)
        .filter((one) => one.mode === mode && one.className === className);
      return {
        name: classes.length > 1 ? `${name}: ${className}` : name,
        colour,
        values: results.map((one) => one[metric]),
        labels: results.map(({ caseId }) => caseId),
      };
    })
  );
  return boxPlotFigure({ title: `${yTitle} by region of interest`, yTitle, groups });
}

/** Nothing where no case went through the detector. */
function diceAgainstIou(evaluation: Evaluation): Figure[] {
  const detected = scanCases(evaluation).filter(({ mode }) => mode === "withCrop");
  if (detected.length === 0) return [];
  const series = classesOf(evaluation).map((className) => {
    const results = detected.filter((one) => one.className === className);
    return {
      name: className,
      x: results.map(({ detectorIou3d }) => detectorIou3d),
      y: results.map(({ dice }) => dice),
      labels: results.map(({ caseId }) => caseId),
    };
  });
  return [scatterFigure({
    title: "Dice with crop against the detector's box",
    xTitle: "3D IoU of the detected box with the organ's",
    yTitle: "Dice",
    series,
  })];
}

/** A line for each case, class and mode; columns that would say nothing are left out. */
function caseTable(evaluation: Evaluation, space: EvaluationSpace, caption: string): Html {
  const manyClasses = classesOf(evaluation).length > 1;
  const hasNotes = evaluation.cases.some((one) => one.empty !== "none");
  const rows = modeLooks.flatMap(({ mode, name }) =>
    evaluation.cases.filter((one) => one.space === space && one.mode === mode).map((one) => [
      one.caseId,
      name,
      ...(manyClasses ? [one.className] : []),
      ...caseCells(one),
      ...(hasNotes ? [emptyNotes[one.empty]] : []),
    ])
  );
  return htmlTable({
    caption: `${caption} (${rows.length} rows)`,
    header: [
      "Case",
      "Region of interest",
      ...(manyClasses ? ["Class"] : []),
      "Dice",
      "IoU",
      "HD95 mm",
      "HD95 voxels",
      "NSD",
      "Surface mm",
      "IoU 2D",
      "IoU 3D",
      "Coverage",
      "Truth ml",
      "Found ml",
      "Input",
      "Time s",
      ...(hasNotes ? ["Note"] : []),
    ],
    rows,
  });
}

function caseCells(one: CaseResult): string[] {
  const { timesMs: { detect = 0, crop = 0, segment = 0, paste = 0 } } = one;
  return [
    ...[one.dice, one.iou].map((value) => number(value, 4)),
    ...[one.hd95Mm, one.hd95Voxels].map((value) => number(value, 2)),
    number(one.nsd, 4),
    number(one.meanSurfaceDistanceMm, 2),
    ...[one.detectorIou2d, one.detectorIou3d, one.roiCoverage].map((value) => number(value, 3)),
    ...[one.groundTruthMm3, one.predictionMm3].map((mm3) => number(mm3 / 1000, 1)),
    `${one.edge}³`,
    number((detect + crop + segment + paste) / 1000, 3),
  ];
}

const emptyNotes: Readonly<Record<CaseResult["empty"], string>> = {
  none: "",
  prediction: "nothing found",
  groundTruth: "no such organ in the truth",
  both: "no such organ, nothing found",
};

function number(value: number, decimals: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(decimals);
}
