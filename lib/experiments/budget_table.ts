import type { PhaseName } from "../config/config.ts";
import { isEpochChange } from "../config/epoch_budget.ts";
import type { Table } from "../evaluation/markdown_table.ts";
import { numberCell } from "../evaluation/table_cells.ts";
import { type Column, tableOf } from "../evaluation/table_columns.ts";
import { formatDuration } from "../training/progress.ts";
import type { RunGroup } from "./run_group.ts";
import type { RunResult, TrainedPart } from "./run_result.ts";
import type { RunSpec } from "./run_spec.ts";
import { foldsCell } from "./table_cells.ts";

/** What the runs of a row were given: cases, epochs, time, and on what they were trained. */
export function budgetTable(groups: readonly RunGroup[]): Table {
  const columns: readonly Column<RunGroup>[] = [
    { title: "Row", cell: ({ label }) => label },
    { title: "Organ", cell: ({ organ }) => organ },
    { title: "Folds", cell: foldsCell },
    { title: "Changed in the preset", cell: ({ specs }) => changesText(specs[0]) },
    {
      title: "Training cases",
      cell: ({ results }) =>
        different(results.map(({ training, validation }) => `${training} + ${validation}`)),
    },
    { title: "Epochs (steps)", cell: ({ results }) => different(results.map(epochsText)) },
    { title: "Training of a fold", cell: ({ results }) => trainingTime(results) },
    { title: "Process MiB", cell: ({ results }) => mostMebibytes(results, "peakProcessBytes") },
    { title: "GPU MiB", cell: ({ results }) => mostMebibytes(results, "gpuBytes") },
    { title: "Device", cell: ({ results }) => different(results.map(deviceText)) },
  ];
  return tableOf(columns, groups.map((group) => ({ ...group, results: ownPhases(group) })));
}

/** What makes the row another training than its preset's, epochs and seed apart. */
function changesText({ changes }: RunSpec): string {
  const other = changes.filter((change) => !change.startsWith("seed=") && !isEpochChange(change));
  return other.join(", ") || "-";
}

/**
 * The results with what the row's runs train: they may share weights with runs that train more. Those
 * that have nothing of it, since another experiment measured them, are left out.
 */
function ownPhases({ specs, results }: RunGroup): RunResult[] {
  const phases = new Set(specs.flatMap((spec) => spec.phases));
  return results.map((result) => {
    return { ...result, trained: result.trained.filter(({ phase }) => phases.has(phase)) };
  }).filter(({ trained }) => trained.length > 0);
}

function mostMebibytes(
  results: readonly RunResult[],
  key: "peakProcessBytes" | "gpuBytes",
): string {
  const known = results.flatMap((result) => result[key] ?? []);
  return numberCell(Math.max(...known) / 2 ** 20, 0); // "-" for none, of which the most is -Infinity
}

/** "-" without any; more than one value is named only where the folds differ. */
function different(values: readonly string[]): string {
  return [...new Set(values)].join("; ") || "-";
}

function epochsText({ trained }: RunResult): string {
  const parts = [...Map.groupBy(trained, ({ phase }) => phase).values()].map(([first]) => first);
  return parts.map(({ phase, epochs, steps }) => `${phase} ${epochs} (${steps})`).join(", ");
}

function trainingTime(results: readonly RunResult[]): string {
  const phases = Map.groupBy(results.flatMap(({ trained }) => trained), ({ phase }) => phase);
  if (phases.size === 0) return "-";
  // Not every fold has trained every phase.
  const secondsOf = (all: readonly TrainedPart[], phase: PhaseName) =>
    all.reduce((sum, part) => sum + part.seconds, 0) /
    results.filter(({ trained }) => trained.some((part) => part.phase === phase)).length;
  const seconds = [...phases].map(([phase, all]) => [phase, secondsOf(all, phase)] as const);
  const total = formatDuration(seconds.reduce((sum, [, ofPhase]) => sum + ofPhase, 0));
  const parts = seconds.map(([phase, ofPhase]) => `${phase} ${formatDuration(ofPhase)}`);
  return parts.length > 1 ? `${total} (${parts.join(", ")})` : total;
}

function deviceText({ environment }: RunResult): string {
  const { device = "unknown", processor = "", cores = "?", tensorflow = "?" } = environment;
  return `${device}, TensorFlow ${tensorflow}, ${cores} cores ${processor}`.trim();
}
