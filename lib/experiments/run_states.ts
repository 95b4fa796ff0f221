import { exists } from "../files.ts";
import { dataFolder } from "../paths.ts";
import {
  type ExperimentPlaces,
  failurePathOf,
  resultPathOf,
  runFolderOf,
} from "./experiment_places.ts";
import { covers, readRunResult, type RunResult } from "./run_result.ts";
import type { RunSpec } from "./run_spec.ts";

/** How far a run is. */
export interface RunState {
  readonly spec: RunSpec;
  /** `done`: its result is there and complete. `begun`: its folder or a part of its result is there. */
  readonly state: "done" | "failed" | "begun" | "waiting";
  /** Of a run that is not done, what it has so far; `null` where that is nothing. */
  readonly result: RunResult | null;
  /** Why it failed; "" otherwise. */
  readonly failure: string;
}

/** How far each run is, by what lies on disk. */
export async function readRunStates(
  runs: readonly RunSpec[],
  places: ExperimentPlaces,
): Promise<RunState[]> {
  return await Promise.all(runs.map((spec) => readRunState(spec, places)));
}

/** {@linkcode readRunStates} of one. */
export async function readRunState(spec: RunSpec, places: ExperimentPlaces): Promise<RunState> {
  const found = await readRunResult(resultPathOf(places, spec.id));
  const result = found?.hash === spec.hash ? found : null;
  if (result !== null && covers(result, spec)) return { spec, state: "done", result, failure: "" };
  const failurePath = failurePathOf(places, spec.id);
  const shared = { spec, result, failure: "" };
  if (await exists(failurePath)) {
    const failure = (await Deno.readTextFile(failurePath)).trim();
    // Tables are published; where this machine keeps its data is nobody's business.
    return { ...shared, state: "failed", failure: failure.replaceAll(dataFolder, "data") };
  }
  const isBegun = result !== null || await exists(runFolderOf(places, spec.id));
  return { ...shared, state: isBegun ? "begun" : "waiting" };
}
