import { modelTitles } from "../config/model_name.ts";
import { shellWord } from "../shell_word.ts";
import { formatDuration } from "../training/progress.ts";
import type { PartProgress } from "./part_progress.ts";
import type { RunProgress } from "./run_progress.ts";
import { textCurve } from "./text_curve.ts";

const barWidth = 16;
const curveRows = 6;
/** Columns of a curve: more are no easier to read. */
const widestCurve = 60;
const gap = "  ";

/**
 * A run's progress as lines for a terminal: a line for each part, what is left, and the curves of
 * the part that is trained now or was trained last.
 *
 * @param columns of the terminal; no line is longer: tables and curves are cut off, sentences wrapped
 */
export function progressText(progress: RunProgress, columns: number): string[] {
  const { run: { folder, record }, parts, current } = progress;
  const { preset, model } = record.config;
  const named = model === "segmentor" ? "" : `, ${modelTitles[model]}`;
  const cut = (lines: readonly string[]) => lines.map((line) => line.slice(0, columns).trimEnd());
  const table = [
    `${folder}: ${record.organ.name} in ${record.datasetName}, preset ${preset}${named}`,
    ...alignColumns([partHeader, ...parts.map((part) => partCells(part, progress))]),
  ];
  const curves = current === null ? [] : ["", ...curvesText(current, columns)];
  return [...cut(table), ...wrap(stateText(progress), columns), ...cut(curves)];
}

/** Lines of whole words; a word that is longer than a line goes on in the next. */
function wrap(text: string, width: number): string[] {
  const columns = Math.max(1, width); // of none there would be no end of lines
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length <= columns) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    for (line = word; line.length > columns; line = line.slice(columns)) {
      lines.push(line.slice(0, columns));
    }
  }
  return [...lines, line];
}

const partHeader = ["", "", "epoch", "loss", "validation", "best", "rate", "per epoch", "left"];

function partCells(part: PartProgress, { current, parts }: RunProgress): string[] {
  const { name, scoreName, records, settings: { epochs }, best } = part;
  const last = records.at(-1);
  const filled = Math.round(barWidth * (last?.epoch ?? 0) / epochs);
  const score = records.findLast(({ validation }) => validation !== null)?.validation?.score;
  return [
    name,
    "█".repeat(filled) + "░".repeat(barWidth - filled),
    `${last?.epoch ?? 0}/${epochs}`,
    formatLoss(last?.loss.total),
    score === undefined ? "-" : `${scoreName} ${score.toFixed(4)}`,
    best === null ? "-" : `${best.score.toFixed(4)} (${best.epoch})`,
    last === undefined ? "-" : last.learningRate.toExponential(1),
    last === undefined ? "-" : `${part.secondsPerEpoch.toFixed(1)} s`,
    leftText(part, name === current?.name || parts.every(({ state }) => state !== "unfinished")),
  ];
}

function formatLoss(loss: number | undefined): string {
  return loss === undefined ? "-" : loss.toFixed(4);
}

function leftText(part: PartProgress, isCurrent: boolean): string {
  const { state, endedEarly, secondsLeft, validationsLeft } = part;
  if (state === "complete") return endedEarly ? "done (stopped early)" : "done";
  if (state === "waiting") return "waiting";
  const left = formatDuration(secondsLeft);
  if (validationsLeft !== null) {
    return `at most ${left}, or ${validationsLeft} validations without a better score`;
  }
  return isCurrent ? left : `${left}, interrupted`;
}

/** Whether the run goes on, and for how long. */
export function stateText(progress: RunProgress): string {
  const { run, state, current, secondsSinceSign, secondsLeft, partsOfUnknownLength } = progress;
  if (state === "complete") {
    const spent = progress.parts.reduce((sum, part) => sum + part.secondsSpent, 0);
    return `Complete, after ${formatDuration(spent)} of training.`;
  }
  const unknown = new Intl.ListFormat("en").format(partsOfUnknownLength);
  const left = unknown === ""
    ? `About ${formatDuration(secondsLeft)} left.`
    : secondsLeft === 0
    ? `The time left is known after the first epoch of ${unknown}.`
    : `About ${formatDuration(secondsLeft)} left, without ${unknown}.`;
  const since = formatDuration(secondsSinceSign);
  if (state === "training") return `Training; last sign of life ${since} ago. ${left}`;
  const epoch = current === null
    ? "no epoch has ended"
    : `an epoch takes ${formatDuration(current.secondsPerEpoch)}`;
  return `No sign of life for ${since} (${epoch}): it seems to have stopped. ` +
    `Go on: deno task train --run ${shellWord(run.folder)} --resume`;
}

function curvesText(part: PartProgress, columns: number): string[] {
  const { name, scoreName, records, settings: { epochs } } = part;
  const width = Math.min(widestCurve, Math.floor((columns - gap.length) / 2));
  const validated = records.filter(({ validation }) => validation !== null);
  const xRange = [1, Math.max(2, epochs)] as const;
  const [loss, score] = [
    {
      title: `loss of ${name}`,
      x: records.map(({ epoch }) => epoch),
      y: records.map(({ loss }) => loss.total),
      xRange,
    },
    {
      title: `${scoreName} of ${name} in validation`,
      x: validated.map(({ epoch }) => epoch),
      y: validated.map(({ validation }) => validation!.score),
      xRange,
    },
  ].map((curve) => textCurve(curve, width, curveRows));
  return loss.map((line, i) => `${line}${gap}${score[i]}`);
}

/** Cells padded to the widest of their column. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join(gap).trimEnd());
}
