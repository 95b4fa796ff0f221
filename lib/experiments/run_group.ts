import type {
  CaseResult,
  EvaluationMode,
  EvaluationSpace,
  ModelCost,
} from "../evaluation/records.ts";
import { summarize, type Summary } from "../evaluation/statistics.ts";
import type { RunResult } from "./run_result.ts";
import type { Plan, RunSpec } from "./run_spec.ts";

/** The runs of one row: a label and an organ, over the folds. */
export interface RunGroup {
  readonly label: string;
  readonly organ: string;
  readonly specs: readonly RunSpec[];
  /** Of those that are done, in the order of the folds. */
  readonly results: readonly RunResult[];
}

/** Groups the runs of a plan by label and organ. */
export function groupRuns(plan: Plan, results: ReadonlyMap<string, RunResult>): RunGroup[] {
  const runs = new Map(plan.runs.map((spec) => [spec.id, spec]));
  const asked = plan.requested.map(({ label, id }) => ({ label, spec: runs.get(id)! }));
  const groups = Map.groupBy(
    asked,
    ({ label, spec }) => JSON.stringify([label, spec.parsedOrgan.name]),
  );
  return [...groups.values()].map((members) => {
    const specs = members.map(({ spec }) => spec);
    return {
      label: members[0].label,
      organ: specs[0].parsedOrgan.name,
      specs,
      results: specs.flatMap(({ id }) => results.get(id) ?? []),
    };
  });
}

/** The classes of a group's organ. */
export function classesOf({ specs }: RunGroup): string[] {
  return specs[0].parsedOrgan.classes.map(({ name }) => name);
}

/** All cases of all folds, of one class in one mode and space. */
export function casesOf(
  { results }: RunGroup,
  mode: EvaluationMode,
  space: EvaluationSpace,
  className: string,
): CaseResult[] {
  return results.flatMap(({ cases }) =>
    cases.filter((one) => one.mode === mode && one.space === space && one.className === className)
  );
}

/** As {@linkcode casesOf}, with crop in the scan's own grid, segmented together with other organs. */
export function togetherCases({ results }: RunGroup, className: string): CaseResult[] {
  return results.flatMap(({ cases, together }) => {
    // Scans of another organ's test may lack this one, and are none of its cases.
    const own = new Set(cases.map(({ caseId }) => caseId));
    return (together?.cases ?? []).filter((one) =>
      one.space === "scan" && one.className === className && own.has(one.caseId)
    );
  });
}

/** The costs of a part, of the folds that have it: the cube's edge may differ between them. */
export function costsOf({ results }: RunGroup, part: ModelCost["part"]): ModelCost[] {
  return results.flatMap(({ costs }) => costs.filter((cost) => cost.part === part));
}

/**
 * How often the segmentor ran with crop, searches included: up to as often as is configured, and again
 * where a volume is unusual. Of older results, which do not say it, the configured number.
 */
export function passesOf(group: RunGroup): Summary {
  const usual = group.specs[0].config.segmentor.passes;
  const counted = croppedCases(group).map(({ passes = usual }) => passes);
  return summarize(counted.length > 0 ? counted : [usual]);
}

/**
 * Multiply-accumulates in millions; NaN for a part that was not measured. With crop they are the mean
 * over the cases, whose numbers of passes differ.
 */
export function macsOf(
  group: RunGroup,
): Readonly<Record<"detector" | "search" | "segmentor" | "withCrop" | "withoutCrop", number>> {
  const [detector, search, segmentor, withoutCrop] =
    (["detector", "search", "segmentor", "whole"] as const).map(
      (part) => summarize(costsOf(group, part).map(({ macs }) => macs / 1e6)).mean,
    );
  const counted = croppedCases(group).map(({ searches = 0 }) => searches);
  const searches = counted.length > 0 ? summarize(counted).mean : 0;
  const searching = searches > 0 ? searches * search : 0; // older results have no part of it
  const withCrop = detector + searching + (passesOf(group).mean - searches) * segmentor;
  return { detector, search, segmentor, withCrop, withoutCrop };
}

/** Of the first class: classes share the passes. */
function croppedCases(group: RunGroup): CaseResult[] {
  return casesOf(group, "withCrop", "scan", classesOf(group)[0]);
}
