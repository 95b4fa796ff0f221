import type { CaseResult, EvaluationMode, ModelCost, TimePart } from "./records.ts";
import { summarize, type Summary } from "./statistics.ts";

/** How the modes are named in tables. */
export const modeNames: Readonly<Record<EvaluationMode, string>> = {
  groundTruthRoi: "ground-truth region",
  withCrop: "with crop",
  withoutCrop: "without crop",
};

/** The parts of the way to a mask whose times count in a mode; reading and writing files do not. */
export const timedParts: Readonly<Record<EvaluationMode, readonly TimePart[]>> = {
  groundTruthRoi: ["segment"],
  withCrop: ["detect", "crop", "segment", "paste"],
  withoutCrop: ["crop", "segment", "paste"],
};

/** A number, or "-" where there is none. */
export function numberCell(value: number | undefined, decimals: number): string {
  return value === undefined || !Number.isFinite(value) ? "-" : value.toFixed(decimals);
}

/** Mean and standard deviation over cases, as of {@linkcode formatSummary}. */
export function spread(values: readonly number[], decimals: number): string {
  return formatSummary(summarize(values), decimals);
}

/** The median of values; "-" without any. */
export function medianCell(values: readonly number[], decimals: number): string {
  return numberCell(summarize(values).median, decimals);
}

/** "0.9012 +- 0.0213", with the number of cases that it does not apply to, if any. */
export function formatSummary(summary: Summary, decimals: number): string {
  const { count, notApplicable, mean, standardDeviation } = summary;
  if (count === 0) return notApplicable === 0 ? "-" : `- (${notApplicable} n/a)`;
  const deviation = count > 1 ? ` +- ${standardDeviation.toFixed(decimals)}` : "";
  const left = notApplicable === 0 ? "" : ` (${notApplicable} n/a)`;
  return `${mean.toFixed(decimals)}${deviation}${left}`;
}

/**
 * "20"; "20 (1 empty, 2 false)" where nothing was found in a case that has the organ, and something in
 * two that lack it.
 */
export function casesCell(cases: readonly Pick<CaseResult, "empty">[]): string {
  const count = (which: CaseResult["empty"]) => cases.filter(({ empty }) => empty === which).length;
  const [empty, invented] = [count("prediction"), count("groundTruth")];
  const notes = [
    ...(empty === 0 ? [] : [`${empty} empty`]),
    ...(invented === 0 ? [] : [`${invented} false`]),
  ];
  return notes.length === 0 ? String(cases.length) : `${cases.length} (${notes.join(", ")})`;
}

/** "liver", or "hippocampus: anterior" for a class of several. */
export function classCell(organ: string, className: string): string {
  return className === organ ? organ : `${organ}: ${className}`;
}

/** "64^3", or several where the cases differ; "-" without any. */
export function edgesCell(cases: readonly Pick<CaseResult, "edge">[]): string {
  const edges = [...new Set(cases.map(({ edge }) => edge))].sort((a, b) => a - b);
  return edges.length === 0 ? "-" : edges.map((edge) => `${edge}^3`).join(", ");
}

/** Seconds of the parts together, of the cases in which one of them ran. */
export function secondsOf(
  cases: readonly Pick<CaseResult, "timesMs">[],
  parts: readonly TimePart[],
): number[] {
  return cases.map(({ timesMs }) => parts.flatMap((part) => timesMs[part] ?? []))
    .filter((times) => times.length > 0)
    .map((times) => times.reduce((sum, time) => sum + time, 0) / 1000);
}

/** The largest peak of tensors in MiB; "-" without costs. */
export function peakCell(costs: readonly Pick<ModelCost, "peakTensorBytes">[]): string {
  if (costs.length === 0) return "-";
  return mebibytes(Math.max(...costs.map(({ peakTensorBytes }) => peakTensorBytes)));
}

/** Bytes as whole MiB. */
export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
