import { parseFold } from "../dataset/split.ts";
import type { CaseResult, EvaluationMode, ModelCost, TimePart } from "../evaluation/records.ts";
import { summarize } from "../evaluation/statistics.ts";
import { formatSummary } from "../evaluation/tables.ts";
import type { RunGroup } from "./run_group.ts";

/** How the modes are named in tables. */
export const modeNames: Readonly<Record<EvaluationMode, string>> = {
  groundTruthRoi: "ground-truth region",
  withCrop: "with crop",
  withoutCrop: "without crop",
};

/** "3 of 5": folds that are done, of all that the data was parted into. */
export function foldsCell({ results, specs }: RunGroup): string {
  return `${results.length} of ${parseFold(specs[0].fold).count}`;
}

/** "20", or "20 (1 empty)" where nothing was found in a case that has the organ. */
export function casesCell(cases: readonly CaseResult[]): string {
  const empty = cases.filter(({ empty }) => empty === "prediction").length;
  return empty === 0 ? String(cases.length) : `${cases.length} (${empty} empty)`;
}

/** "0.9012 +- 0.0213" over cases; "-" without any. */
export function spread(values: readonly number[], decimals: number): string {
  return formatSummary(summarize(values), decimals);
}

/** The median of values; "-" without any. */
export function medianCell(values: readonly number[], decimals: number): string {
  return numberCell(summarize(values).median, decimals);
}

/** A number, or "-" where there is none. */
export function numberCell(value: number | undefined, decimals: number): string {
  return value === undefined || !Number.isFinite(value) ? "-" : value.toFixed(decimals);
}

/** Seconds of the parts together, of the cases in which one of them ran. */
export function secondsOf(cases: readonly CaseResult[], parts: readonly TimePart[]): number[] {
  return cases.map(({ timesMs }) => parts.flatMap((part) => timesMs[part] ?? []))
    .filter((times) => times.length > 0)
    .map((times) => times.reduce((sum, time) => sum + time, 0) / 1000);
}

/** The largest peak of tensors in MiB; "-" without costs. */
export function peakCell(costs: readonly ModelCost[]): string {
  return costs.length === 0
    ? "-"
    : (Math.max(...costs.map(({ peakTensorBytes }) => peakTensorBytes)) / 2 ** 20).toFixed(0);
}

/** "64^3", or several where the folds differ. */
export function edgesCell(cases: readonly CaseResult[]): string {
  const edges = [...new Set(cases.map(({ edge }) => edge))].sort((a, b) => a - b);
  return edges.length === 0 ? "-" : edges.map((edge) => `${edge}^3`).join(", ");
}

/** The parts of the way to a mask whose times count in a mode; reading and writing files do not. */
export const timedParts: Readonly<Record<EvaluationMode, readonly TimePart[]>> = {
  groundTruthRoi: ["segment"],
  withCrop: ["detect", "crop", "segment", "paste"],
  withoutCrop: ["crop", "segment", "paste"],
};
