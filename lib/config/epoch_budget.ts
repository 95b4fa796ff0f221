import { UserError } from "../errors.ts";
import { type PhaseName, phaseNames } from "./config.ts";
import { makeConfig } from "./overrides.ts";

/** How many epochs some phases train. */
export interface EpochBudget {
  readonly epochs: number;
  /** Only the rows of this name or preset. */
  readonly row?: string;
  /** Only this phase; else all, where fine-tuning keeps its ratio to the segmentor's phase. */
  readonly phase?: PhaseName;
}

/** Changes that give a preset's phases so many epochs. A warm-up takes half of them at most. */
export function epochChanges(preset: string, budgets: readonly EpochBudget[]): string[] {
  const { phases } = makeConfig(preset);
  const ratio = phases.finetune.epochs / phases.segmentor.epochs;
  const counts = new Map<PhaseName, number>();
  for (const { phase, epochs } of budgets) {
    if (phase !== undefined) {
      counts.set(phase, epochs);
      continue;
    }
    for (const name of ["detector", "segmentor", "whole"] as const) counts.set(name, epochs);
    counts.set("finetune", Math.max(1, Math.round(epochs * ratio)));
  }
  return [...counts].flatMap(([name, count]) => {
    const warmup = Math.floor(count / 2);
    return [
      `phases.${name}.epochs=${count}`,
      ...(phases[name].warmupEpochs > warmup ? [`phases.${name}.warmupEpochs=${warmup}`] : []),
    ];
  });
}

/** True for a change as {@linkcode epochChanges} makes them. */
export function isEpochChange(change: string): boolean {
  return /^phases\.\w+\.(epochs|warmupEpochs)=/.test(change);
}

/**
 * A budget as it is written: `60`, `detector=20`, `paper=40` or `paper.detector=12`.
 *
 * @param rows that may be named, or presets; none where there is but one
 * @throws {UserError} where it is none, or its row is not one of `rows`
 */
export function parseEpochs(text: string, rows: readonly string[] = []): EpochBudget {
  const [, place = "", digits] = /^(?:(.+)=)?([1-9]\d*)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new UserError({
      what: "cannot read the epochs",
      rule: `--epochs must be N or PHASE=N${
        rows.length === 0 ? "" : ", ROW=N or ROW.PHASE=N"
      }, with N from 1`,
      seen: text,
      remedy: "Write --epochs 60, or --epochs detector=12",
    });
  }
  const epochs = Number(digits);
  const dot = place.lastIndexOf(".");
  const last = place.slice(dot + 1);
  const phase = phaseNames.find((name) => name === last);
  const row = phase === undefined ? place : place.slice(0, Math.max(0, dot));
  if (row !== "" && !rows.includes(row)) {
    throw new UserError({
      what: "cannot read whose epochs are meant",
      rule: `--epochs must name a phase (${phaseNames.join(", ")})` +
        (rows.length === 0 ? "" : `, or a row or preset: ${rows.join("; ")}`),
      seen: row,
      remedy: "Write it as it is there",
    });
  }
  return { epochs, ...(row === "" ? {} : { row }), ...(phase === undefined ? {} : { phase }) };
}
