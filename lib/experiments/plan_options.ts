import type { PhaseName } from "../config/config.ts";
import { makeConfig } from "../config/overrides.ts";
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
  /** Epochs of the phases; the preset's unless given. */
  readonly epochs?: number;
  /** Changes of every run, as `--set` takes them. */
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
        changes: [
          ...changes,
          ...epochChanges(preset, options.epochs),
          `seed=${options.seed}`,
          ...options.changes,
        ],
        fold: `${fold}/${folds}`,
      }))
    )
  );
}

/** What must be trained for a mode. */
const phasesOfMode: Readonly<Record<EvaluationMode, readonly PhaseName[]>> = {
  groundTruthRoi: ["segmentor"],
  withCrop: ["detector", "segmentor", "finetune"],
  withoutCrop: ["whole"],
};

/**
 * The requests with no other modes than these, and without the phases that no mode of theirs needs:
 * what is dearest may wait for another day.
 *
 * @param modes all where there is none
 */
export function narrowRequests(
  requests: readonly RunRequest[],
  modes: readonly EvaluationMode[],
): readonly RunRequest[] {
  if (modes.length === 0) return requests;
  return requests.map((request) => {
    const kept = request.modes.filter((mode) => modes.includes(mode));
    const needed = new Set(kept.flatMap((mode) => phasesOfMode[mode]));
    return { ...request, modes: kept, phases: request.phases.filter((name) => needed.has(name)) };
  });
}

/** The presets themselves as variants. */
export function presetVariants({ presets }: PlanOptions): Variant[] {
  return presets.map((preset) => ({ name: preset, preset, changes: [], why: "the preset itself" }));
}

/**
 * Changes that give the phases this many epochs. Fine-tuning keeps its ratio to the segmentor's
 * phase, and a warm-up takes half of the epochs at most.
 */
export function epochChanges(preset: string, epochs: number | undefined): string[] {
  if (epochs === undefined) return [];
  const { phases } = makeConfig(preset);
  const ratio = phases.finetune.epochs / phases.segmentor.epochs;
  const epochsOf: Readonly<Record<PhaseName, number>> = {
    detector: epochs,
    segmentor: epochs,
    finetune: Math.max(1, Math.round(epochs * ratio)),
    whole: epochs,
  };
  return Object.entries(epochsOf).flatMap(([name, count]) => {
    const warmup = Math.floor(count / 2);
    return [
      `phases.${name}.epochs=${count}`,
      ...(phases[name as PhaseName].warmupEpochs > warmup
        ? [`phases.${name}.warmupEpochs=${warmup}`]
        : []),
    ];
  });
}
