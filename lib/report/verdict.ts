import type { Evaluation, GroupSummary } from "../evaluation/records.ts";
import { paperOrgan, paperTable2, paperTable3 } from "../evaluation/paper_tables.ts";
import { formatSummary } from "../evaluation/table_cells.ts";
import { modeLooks } from "./evaluation_modes.ts";
import type { RunFacts } from "./run_facts.ts";
import { stateText } from "./progress_text.ts";
import { typeset } from "./typeset.ts";

/** The run's outcome in a few sentences: Dice by mode in the scan's own grid, and of how many cases. */
export function verdict({ run, progress, evaluation }: RunFacts): string[] {
  const sentences = evaluation.value === null
    ? [evaluation.reason]
    : evaluationSentences(evaluation.value, run.record.split);
  if (progress.state !== "complete") sentences.push(stateText(progress));
  if (run.record.datasetName.endsWith("(phantom)")) {
    sentences.push("The data are synthetic: the figures say nothing about patients.");
  }
  return sentences;
}

type SplitPart = "test" | "validation" | "training";

function evaluationSentences(
  { summaries, cases }: Evaluation,
  split: Readonly<Record<SplitPart, readonly string[]>>,
): string[] {
  const ofModes = modeLooks.flatMap(({ mode, name }) => {
    const groups = summaries.filter((group) => group.mode === mode && group.space === "scan");
    return groups.length === 0 ? [] : [`${name} ${groups.map(diceText).join(", ")}`];
  });
  const ids = [...new Set(cases.map(({ caseId }) => caseId))];
  const part = (["test", "validation", "training"] as const)
    .find((part) => ids.every((id) => split[part].includes(id)));
  const count = part === undefined
    ? `${ids.length} cases`
    : ids.length === split[part].length
    ? `${ids.length} ${part} cases`
    : `${ids.length} of ${split[part].length} ${part} cases`;
  const missed = summaries.filter(({ space }) => space === "scan")
    .reduce((sum, { emptyPredictions }) => sum + emptyPredictions, 0);
  return [
    `Dice ${ofModes.join("; ")}: mean ± standard deviation of ${count} in the scan's own grid.`,
    missed === 0
      ? "Something was found in every case."
      : `Nothing was found ${missed === 1 ? "once" : `${missed} times`}.`,
    ...paperSentence(summaries),
  ];
}

function diceText({ organ, className, metrics }: GroupSummary): string {
  const text = typeset(formatSummary(metrics.dice, 3));
  return className === organ ? text : `${text} (${className})`;
}

function paperSentence([first]: readonly GroupSummary[]): string[] {
  const organ = first && paperOrgan(first.organ);
  if (organ === undefined) return [];
  const [withCrop, region, without] = [
    paperTable3.withCrop[organ],
    paperTable2[organ],
    paperTable3.withoutCrop[organ],
  ].map(({ dice }) => dice.toFixed(3));
  return [
    `The paper, on other data and in another space: with crop ${withCrop}; ` +
    `ground-truth region ${region}; without crop ${without}.`,
  ];
}
