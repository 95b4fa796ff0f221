import { paperPhases, type PhaseName } from "../config/config.ts";
import { type EpochBudget, epochChanges } from "../config/epoch_budget.ts";
import { makeConfig } from "../config/overrides.ts";
import { presets } from "../config/presets.ts";
import { UserError } from "../errors.ts";
import type { EvaluationMode } from "../evaluation/records.ts";
import type { RunRequest } from "./run_spec.ts";

/** What an experiment is asked to run. */
export interface PlanOptions {
  readonly presets: readonly string[];
  /** As `parseOrgan` reads them. */
  readonly organs: readonly string[];
  /** Number of folds. */
  readonly folds: number;
  /** Those of them that are run, from 1; all unless given. */
  readonly onlyFolds?: readonly number[];
  readonly seed: number;
  /** Epochs of the phases, the preset's unless given; the last that fits a row and a phase counts. */
  readonly epochs?: readonly EpochBudget[];
  /**
   * Changes of every run, as `--set` takes them; `PRESET:KEY=VALUE` is one of a preset, on top of which
   * come those of a row, and `ROW:KEY=VALUE` one of a row, on top of all others.
   */
  readonly changes: readonly string[];
}

/** One way to train that is compared with others: a row of a table. */
export interface Variant {
  readonly name: string;
  readonly preset: string;
  /** Changes of its preset. */
  readonly changes: readonly string[];
  /** What it is there to show. */
  readonly why: string;
}

/** What is trained and measured in every run. */
export interface Work {
  readonly phases: readonly PhaseName[];
  readonly modes: readonly EvaluationMode[];
  readonly measuresStep?: boolean;
}

/**
 * A run for each fold, variant and organ. The folds are outermost: where time runs out, every row of
 * a table has some of its folds rather than some rows all of them.
 */
export function requestEach(
  options: PlanOptions,
  variants: readonly Variant[],
  work: Work,
): RunRequest[] {
  const { folds, onlyFolds = Array.from({ length: folds }, (_, i) => i + 1) } = options;
  return onlyFolds.flatMap((fold) =>
    variants.flatMap(({ name, preset, changes }) =>
      options.organs.map((organ) => ({
        ...work,
        label: name,
        organ,
        preset,
        changes: changesOf(options, {
          name,
          preset,
          changes: [
            ...changes,
            ...epochChanges(preset, budgetsOf({ name, preset }, options.epochs)),
            `seed=${options.seed}`,
          ],
        }),
        fold: `${fold}/${folds}`,
      }))
    )
  );
}

/** All changes of a row's preset, in the order of their weight. A row named as its preset is that. */
export function changesOf(
  { changes }: Pick<PlanOptions, "changes">,
  { name, preset, changes: ofRow }: Pick<Variant, "name" | "preset" | "changes">,
): string[] {
  const ofWhich = (whose: string | undefined) =>
    changes.map(splitChange).filter((change) => change.whose === whose).map(({ rest }) => rest);
  return [
    ...ofWhich(preset),
    ...ofRow,
    ...ofWhich(undefined),
    ...(Object.hasOwn(presets, name) ? [] : ofWhich(name)),
  ];
}

/**
 * Refuses changes of presets and rows that would change nothing.
 *
 * @throws {UserError} when no run is of the preset or row, or the change is of the seed, which is of
 * all runs
 */
export function requireEffect(changes: readonly string[], requests: readonly RunRequest[]): void {
  const used = [...new Set(requests.flatMap(({ preset, label }) => [preset, label]))];
  for (const change of changes) {
    const { whose, rest } = splitChange(change);
    if (whose === undefined) continue;
    const refuse = (rule: string, remedy: string): never => {
      throw new UserError({
        what: "cannot tell what is to be changed",
        rule,
        seen: change,
        remedy,
      });
    };
    if (!used.includes(whose)) {
      refuse(
        `its preset or row must be one of ${used.join("; ")}`,
        Object.hasOwn(presets, whose) ? `Add --preset ${whose}` : "Write it as it is there",
      );
    }
    if (rest.startsWith("seed=")) refuse("the seed is of all runs", "Give --seed");
  }
}

/**
 * Refuses rows that would be one and the same run, since all of them are changed alike.
 *
 * @throws {UserError} that names two such rows
 */
export function requireDifferent(requests: readonly RunRequest[]): void {
  const labels = new Map<string, string>();
  for (const { organ, fold, preset, changes, label } of requests) {
    const run = JSON.stringify([organ, fold, makeConfig(preset, changes)]);
    const other = labels.get(run) ?? label;
    labels.set(run, other);
    if (other === label) continue;
    throw new UserError({
      what: "cannot compare the rows",
      rule: "each must be another training",
      seen: `${other} and ${label}, which are the same with these changes`,
      remedy: "Leave out the change of what the rows differ in, or choose one of them by --row",
    });
  }
}

/** The preset or row that a change is of, if it is one of either, and the change itself. */
function splitChange(change: string): { whose: string | undefined; rest: string } {
  const [, whose, rest] = /^([^=]+):([^:=]+=.*)$/s.exec(change) ?? [];
  return whose === undefined ? { whose: undefined, rest: change } : { whose, rest };
}

/** What must be trained for a mode. */
const phasesOfMode: Readonly<Record<EvaluationMode, readonly PhaseName[]>> = {
  groundTruthRoi: ["segmentor"],
  withCrop: paperPhases,
  withoutCrop: ["whole"],
};

/**
 * The requests that measure some of these modes, with no others and without the phases that no mode
 * of theirs needs: what is dearest may wait for another day.
 *
 * @param modes all where there is none
 * @throws {UserError} when no request measures any of them
 */
export function narrowRequests(
  requests: readonly RunRequest[],
  modes: readonly EvaluationMode[],
): readonly RunRequest[] {
  if (modes.length === 0) return requests;
  const narrowed = requests.flatMap((request) => {
    const kept = request.modes.filter((mode) => modes.includes(mode));
    if (kept.length === 0) return [];
    const needed = new Set(kept.flatMap((mode) => phasesOfMode[mode]));
    return [{ ...request, modes: kept, phases: request.phases.filter((name) => needed.has(name)) }];
  });
  if (narrowed.length > 0) return narrowed;
  const known = [...new Set(requests.flatMap((request) => request.modes))];
  throw new UserError({
    what: "cannot choose the modes",
    rule: known.length === 0
      ? "this experiment measures the detector alone, in no mode"
      : `--mode must be one that its rows measure: ${known.join(", ")}`,
    seen: modes.join(", "),
    remedy: "Leave out --mode, or choose another experiment",
  });
}

/** The presets themselves as variants. */
export function presetVariants({ presets }: PlanOptions): Variant[] {
  return presets.map((preset) => ({ name: preset, preset, changes: [], why: "the preset itself" }));
}

function budgetsOf(
  { name, preset }: Pick<Variant, "name" | "preset">,
  budgets: readonly EpochBudget[] = [],
): EpochBudget[] {
  return budgets.filter(({ row }) => row === undefined || row === name || row === preset);
}
