import type {
  CaseResult,
  Evaluation,
  EvaluationMode,
  EvaluationSpace,
  GroupSummary,
} from "../evaluation/records.ts";
import { bootstrapMean, pairedDifference, type Summary } from "../evaluation/statistics.ts";
import { formatSummary } from "../evaluation/table_cells.ts";
import { Random } from "../random.ts";
import { shellWord } from "../shell_word.ts";
import { classesOf, modeLooks, modesOf, scanCases } from "./evaluation_modes.ts";
import { code, footnote, type Html, markup, notice } from "./html.ts";
import { htmlTable } from "./html_table.ts";
import type { Section } from "./page.ts";
import type { RunFacts } from "./run_facts.ts";
import { typeset } from "./typeset.ts";

/** Cases from which on an interval of the mean is worth drawing. */
const fewestForInterval = 5;

/** Means, spread and range of what was measured, by mode, in both spaces; or how to measure it. */
export function resultSection({ run, evaluation }: RunFacts): Section {
  return {
    id: "result",
    title: "Result",
    body: evaluation.value === null
      ? notice(
        evaluation.reason,
        " Measure it: ",
        code(`deno task evaluate --run ${shellWord(run.folder)}`),
      )
      : resultBody(evaluation.value),
  };
}

function resultBody(evaluation: Evaluation): Html {
  return markup`${summaryTable(evaluation, "scan", "In the scan's own grid, where a mask is used")}
${summaryTable(evaluation, "cube", "In the prepared cube, where the paper scores")}
${
    footnote(
      "Means over cases ± standard deviation (n − 1). Nothing found, and something found where there is ",
      "nothing, count as Dice 0 and as HD95 the volume's diagonal. A case to which a measure does not ",
      "apply (both masks empty) is left out and ",
      `counted as n/a. NSD at ${evaluation.toleranceMm} mm. An interval is a bootstrap of the mean over `,
      `cases (2000 resamples), from ${fewestForInterval} cases on. Coverage: share of the organ inside `,
      "the region of interest.",
    )
  }${differences(evaluation)}`;
}

function summaryTable(
  evaluation: Evaluation,
  space: EvaluationSpace,
  caption: string,
): Html {
  const { summaries, cases } = evaluation;
  const manyClasses = classesOf(evaluation).length > 1;
  const groups = modeLooks.flatMap(({ mode, name }) =>
    summaries.filter((group) => group.mode === mode && group.space === space)
      .map((group) => ({ name, group }))
  );
  const hasIntervals = groups.some(({ group }) => group.metrics.dice.count >= fewestForInterval);
  const rows = groups.map(({ name, group: { metrics, className, ...group } }) => [
    manyClasses ? `${name}: ${className}` : name,
    String(group.cases),
    String(group.emptyPredictions),
    spread(metrics.dice, 3),
    ...(hasIntervals ? [interval(cases.filter((one) => isOf(one, { ...group, className })))] : []),
    medianAndRange(metrics.dice),
    spread(metrics.iou, 3),
    spread(metrics.hd95Mm, 2),
    spread(metrics.nsd, 3),
    spread(metrics.roiCoverage, 3),
  ]);
  return htmlTable({
    caption,
    header: [
      "Region of interest",
      "Cases",
      "Nothing found",
      "Dice",
      ...(hasIntervals ? ["95 % interval"] : []),
      "Median (range)",
      "IoU",
      "HD95 mm",
      "NSD",
      "Coverage",
    ],
    rows,
  });
}

type Group = Pick<GroupSummary, "organ" | "className" | "mode" | "space">;

function isOf(one: CaseResult, { organ, className, mode, space }: Group): boolean {
  return one.organ === organ && one.className === className &&
    one.mode === mode && one.space === space;
}

/** Of the mean Dice. */
function interval(results: readonly CaseResult[]): string {
  const values = results.map(({ dice }) => dice).filter((dice) => !Number.isNaN(dice));
  if (values.length < fewestForInterval) return "–";
  const { low, high } = bootstrapMean(values, new Random("report"));
  return `${low.toFixed(3)} to ${high.toFixed(3)}`;
}

/** How much more Dice the mode with crop gives than the others, case by case. */
function differences(evaluation: Evaluation): Html {
  const results = scanCases(evaluation);
  const items = classesOf(evaluation).flatMap((className) => {
    const diceOf = (mode: EvaluationMode) =>
      new Map(
        results.filter((one) => one.className === className && one.mode === mode)
          .map(({ caseId, dice }) => [caseId, dice]),
      );
    const withCrop = diceOf("withCrop");
    return modesOf(evaluation).filter(({ mode }) => mode !== "withCrop" && withCrop.size > 0)
      .map(({ mode, name }) =>
        `${className}, with crop against ${name}: Dice ${differenceText(diceOf(mode), withCrop)}`
      );
  });
  return markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>\n`;
}

type DiceByCase = ReadonlyMap<string, number>;

/** Of the cases that both have: a case without the organ has no ground-truth region. */
function differenceText(first: DiceByCase, second: DiceByCase): string {
  const only = (values: DiceByCase, others: DiceByCase) =>
    new Map([...values].filter(([id]) => others.has(id)));
  const { mean, count, interval: { low, high } } = pairedDifference(
    only(first, second),
    only(second, first),
    new Random("report"),
  );
  const range = count < fewestForInterval
    ? ""
    : `, 95 % interval ${signed(low)} to ${signed(high)}`;
  return `${signed(mean)} (paired, ${count} cases${range})`;
}

/** "+0.123", with a true minus sign. */
function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function spread(summary: Summary, decimals: number): string {
  return typeset(formatSummary(summary, decimals));
}

function medianAndRange({ count, median, min, max }: Summary): string {
  return count === 0 ? "–" : `${median.toFixed(3)} (${min.toFixed(3)} to ${max.toFixed(3)})`;
}
