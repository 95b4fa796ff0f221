import {
  type Evaluation,
  type EvaluationMode,
  type GroupSummary,
  type ModelCost,
  type TimePart,
  timeParts,
} from "../evaluation/records.ts";
import { partName } from "../evaluation/tables.ts";
import { barsFigure } from "../figures/bars_figure.ts";
import { modesOf } from "./evaluation_modes.ts";
import { figureGrid, footnote, markup } from "./html.ts";
import { htmlTable } from "./html_table.ts";
import type { Section } from "./page.ts";

/** What the networks cost, and where the time of a case goes. */
export function costSection(evaluation: Evaluation): Section {
  const { costs, device, peakProcessBytes } = evaluation;
  const modes = modesOf(evaluation).map((look) => ({
    ...look,
    times: timesOf(evaluation, look.mode),
  }));
  const parts = timeParts.filter((part) => modes.some(({ times }) => times[part] !== undefined));
  const networks = htmlTable({
    caption: "Networks, for one volume",
    header: [
      "Part",
      "Input",
      "Parameters, million",
      "of them active",
      "Multiply-accumulates, million",
      "Tensors at most, MiB",
    ],
    rows: costs.map(costCells),
  });
  const note = footnote(
    "Active parameters are those that an input of this edge uses: a small region skips stages. Memory ",
    "is the network's weights and the most that TensorFlow.js's tensors held beside them; the whole ",
    `process took ${(peakProcessBytes / 2 ** 20).toFixed(0)} MiB at most.`,
  );
  const times = htmlTable({
    caption: `Time of a case in ms, mean ± standard deviation over cases (${device})`,
    header: ["Region of interest", ...parts, "detect to paste"],
    rows: modes.map(({ name, times }) => [
      name,
      ...parts.map((part) => timeText(times, part)),
      sumText(times),
    ]),
  });
  const figure = barsFigure({
    title: "Time of a case by part",
    yTitle: "mean in ms",
    groups: parts,
    series: modes.map(({ name, colour, times }) => ({
      name,
      colour,
      values: parts.map((part) => times[part]?.mean ?? NaN),
    })),
  });
  return {
    id: "cost",
    title: "Cost",
    body: markup`${networks}${note}${times}${figureGrid("times", [figure])}`,
  };
}

type Times = GroupSummary["timesMs"];

/** Of a mode in the scan's grid; classes share them. */
function timesOf({ summaries }: Evaluation, mode: EvaluationMode): Times {
  return summaries.find((group) => group.mode === mode && group.space === "scan")?.timesMs ?? {};
}

function timeText(times: Times, part: TimePart): string {
  const time = times[part];
  if (time === undefined) return "–";
  const spread = time.count > 1 ? ` ± ${time.standardDeviation.toFixed(0)}` : "";
  return `${time.mean.toFixed(0)}${spread}`;
}

function sumText(times: Times): string {
  const parts = (["detect", "crop", "segment", "paste"] as const).flatMap((part) =>
    times[part]?.mean ?? []
  );
  return parts.reduce((sum, mean) => sum + mean, 0).toFixed(0);
}

function costCells(cost: ModelCost): string[] {
  const { part, edge, parameters, activeParameters, macs, peakTensorBytes } = cost;
  return [
    partName(cost),
    part === "detector" ? `3 × ${edge}²` : `${edge}³`,
    (parameters / 1e6).toFixed(4),
    (activeParameters / 1e6).toFixed(4),
    (macs / 1e6).toFixed(2),
    (peakTensorBytes / 2 ** 20).toFixed(0),
  ];
}
