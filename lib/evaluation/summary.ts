import {
  type CaseResult,
  type GroupSummary,
  type MetricName,
  metricNames,
  type TimePart,
  timeParts,
} from "./records.ts";
import { summarize, type Summary } from "./statistics.ts";

/**
 * Summaries of all cases by organ, class, mode and space, in the order of first appearance. A case
 * to which a metric does not apply is counted in that metric's `notApplicable`.
 */
export function summarizeResults(results: readonly CaseResult[]): GroupSummary[] {
  const groups = Map.groupBy(
    results,
    ({ organ, className, mode, space }) => JSON.stringify([organ, className, mode, space]),
  );
  return [...groups.values()].map(summarizeGroup);
}

function summarizeGroup(results: readonly CaseResult[]): GroupSummary {
  const { organ, className, mode, space } = results[0];
  const metrics = metricNames.map((name) => [name, summarize(results.map((r) => r[name]))]);
  const times = timeParts.map((part): [TimePart, number[]] => [
    part,
    results.flatMap(({ timesMs }) => timesMs[part] ?? []),
  ]).filter(([, values]) => values.length > 0);
  return {
    organ,
    className,
    mode,
    space,
    cases: results.length,
    emptyPredictions: results.filter(({ empty }) => empty === "prediction").length,
    metrics: Object.fromEntries(metrics) as Record<MetricName, Summary>,
    timesMs: Object.fromEntries(times.map(([part, values]) => [part, summarize(values)])),
  };
}
