import { join } from "node:path";
import { exists } from "../files.ts";
import { findPhase } from "./borrow_phases.ts";
import { type ExperimentPlaces, runResultsFolder } from "./experiment_places.ts";
import { readRunResult, type RunResult } from "./run_result.ts";
import type { RunSpec } from "./run_spec.ts";

/**
 * The result of another run that has trained and measured the same network on whole volumes: by far
 * the longest training of a comparison, and nothing about regions changes it. `undefined` where
 * there is none, where nobody asks for it, and where its weights are on this machine, so that they
 * can be measured here.
 */
export async function findTwin(
  spec: RunSpec,
  places: ExperimentPlaces,
): Promise<RunResult | undefined> {
  if (!spec.modes.includes("withoutCrop")) return undefined;
  if (await findPhase(places.runs, "whole", spec.phaseHashes.whole) !== undefined) return undefined;
  const folder = runResultsFolder(places);
  if (!await exists(folder)) return undefined;
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  for (const name of names.filter((one) => one.endsWith(".json")).sort()) {
    const result = await readRunResult(join(folder, name));
    if (result !== null && result.id !== spec.id && isTwin(result, spec)) return result;
  }
  return undefined;
}

/** What is left to do of a run whose twin has been found. */
export function withoutTwin(spec: RunSpec): RunSpec {
  return {
    ...spec,
    phases: spec.phases.filter((phase) => phase !== "whole"),
    modes: spec.modes.filter((mode) => mode !== "withoutCrop"),
  };
}

/**
 * A result with the cases, the training and the cost of its twin, but not its times, which were
 * measured on another day or machine.
 */
export function withTwin(result: RunResult, twin: RunResult): RunResult {
  const own = split(result).others;
  const { cases, trained, costs } = split(twin).ofTwin;
  return {
    ...result,
    modes: [...result.modes.filter((mode) => mode !== "withoutCrop"), "withoutCrop"],
    cases: [...own.cases, ...cases.map((one) => ({ ...one, timesMs: {} }))],
    trained: [...own.trained, ...trained],
    costs: [...own.costs, ...costs],
    // A run of whole volumes alone has measured nothing itself.
    toleranceMm: Number.isNaN(result.toleranceMm) ? twin.toleranceMm : result.toleranceMm,
    twinHash: twin.twinHash,
    twinFrom: twin.id,
  };
}

/** What of a result is of the network on whole volumes, and the rest. */
function split({ cases, trained, costs }: RunResult) {
  const parts = (isOfTwin: boolean) => ({
    cases: cases.filter(({ mode }) => (mode === "withoutCrop") === isOfTwin),
    trained: trained.filter(({ phase }) => (phase === "whole") === isOfTwin),
    costs: costs.filter(({ part }) => (part === "whole") === isOfTwin),
  });
  return { ofTwin: parts(true), others: parts(false) };
}

function isTwin({ twinHash, twinFrom, modes }: RunResult, spec: RunSpec): boolean {
  return twinHash === spec.twinHash && twinFrom === undefined && modes.includes("withoutCrop");
}
