import type { Table } from "../evaluation/markdown_table.ts";
import type { CaseResult, EvaluationMode, EvaluationSpace } from "../evaluation/records.ts";
import { type SignedRank, signedRankTest } from "../evaluation/signed_rank.ts";
import { type PairedDifference, pairedDifference } from "../evaluation/statistics.ts";
import { classCell, modeNames } from "../evaluation/table_cells.ts";
import { Random } from "../random.ts";
import { casesOf, classesOf, type RunGroup } from "./run_group.ts";
import { foldsCell, hasModes } from "./table_cells.ts";

/** One side of a comparison: the cases of a group in a mode. */
export interface Side {
  readonly group: RunGroup;
  readonly mode: EvaluationMode;
}

/** How much the second side exceeds the first, case by case. */
export interface Comparison {
  readonly difference: PairedDifference;
  /** In how many cases the second side is better. */
  readonly better: number;
  readonly signedRank: SignedRank;
}

/** What can be compared. */
export type ComparedMetric = "dice" | "hd95Mm";

/**
 * Compares two sides on the cases that both have: a case is in one fold's test part, so it stands
 * for itself.
 */
export function compareSides(
  metric: ComparedMetric,
  className: string,
  space: EvaluationSpace,
  [first, second]: readonly [Side, Side],
): Comparison {
  const [before, after] = [first, second].map(({ group, mode }) =>
    casesOf(group, mode, space, className)
  );
  return compareCases(metric, className, before, after);
}

/** {@linkcode compareSides} of cases of one class in one space. */
export function compareCases(
  metric: ComparedMetric,
  className: string,
  casesBefore: readonly CaseResult[],
  casesAfter: readonly CaseResult[],
): Comparison {
  const [before, after] = [casesBefore, casesAfter].map((cases) => valuesByCase(metric, cases));
  const shared = [...before.keys()].filter((id) => after.has(id));
  const pick = (values: ReadonlyMap<string, number>) =>
    new Map(shared.map((id) => [id, values.get(id)!]));
  const random = new Random(`${metric} of ${className}`);
  const differences = shared.map((id) => after.get(id)! - before.get(id)!);
  return {
    difference: pairedDifference(pick(before), pick(after), random),
    better: differences.filter((one) => metric === "dice" ? one > 0 : one < 0).length,
    signedRank: signedRankTest(differences),
  };
}

/** With crop against without crop, in both spaces' own numbers: a row for each class and metric. */
export function cropDifferenceTable(
  groups: readonly RunGroup[],
  space: EvaluationSpace,
): Table {
  const rows = groups.flatMap((group) =>
    classesOf(group).flatMap((className) =>
      (["dice", "hd95Mm"] as const).map((metric) => [
        group.label,
        classCell(group.organ, className),
        foldsCell(group, hasModes("withoutCrop", "withCrop")),
        ...comparisonCells(
          metric,
          compareSides(metric, className, space, [
            { group, mode: "withoutCrop" },
            { group, mode: "withCrop" },
          ]),
        ),
      ])
    )
  );
  const what = `${modeNames.withCrop} minus ${modeNames.withoutCrop}`;
  return { header: ["Preset", "Organ", "Folds", ...comparisonHeader(what)], rows };
}

/** Titles of {@linkcode comparisonCells}. */
export function comparisonHeader(what: string): string[] {
  return [
    "Measure",
    "Pairs",
    `Mean of ${what}`,
    "95 % interval",
    "Median",
    "Better in",
    "Signed-rank p",
  ];
}

/** A comparison as cells: measure, pairs, mean +- deviation, interval, median, better cases, p. */
export function comparisonCells(
  metric: ComparedMetric,
  { difference, better, signedRank }: Comparison,
): string[] {
  const decimals = metric === "dice" ? 4 : 2;
  const signed = (value: number) => `${value > 0 ? "+" : ""}${value.toFixed(decimals)}`;
  const { count, mean, median, standardDeviation, interval } = difference;
  const names = { dice: "Dice", hd95Mm: "HD95 mm" };
  if (count === 0) return [names[metric], "0", "-", "-", "-", "-", "-"];
  return [
    names[metric],
    String(count),
    signed(mean) + (count > 1 ? ` +- ${standardDeviation.toFixed(decimals)}` : ""),
    `${signed(interval.low)} .. ${signed(interval.high)}`,
    signed(median),
    String(better),
    Number.isNaN(signedRank.p) ? "-" : signedRank.p < 0.0001 ? "< 0.0001" : signedRank.p.toFixed(4),
  ];
}

/** What the columns of {@linkcode comparisonCells} are, as a paragraph. */
export const comparisonNote =
  "Case by case, over the cases that both have. The interval is a bootstrap of the mean over cases " +
  "(2000 resamples); p is Wilcoxon's two-sided signed-rank test, exact up to 50 pairs. Few cases " +
  "bound p from below: 4 pairs cannot go under 0.125.";

function valuesByCase(
  metric: ComparedMetric,
  cases: readonly CaseResult[],
): Map<string, number> {
  return new Map(cases.map((one) => [one.caseId, one[metric]]));
}
