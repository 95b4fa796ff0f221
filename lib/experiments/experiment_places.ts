import { join } from "node:path";
import { resultsFolder, runsFolder } from "../paths.ts";

/** Where the experiments on a data set leave what they make. */
export interface ExperimentPlaces {
  /** Folders of runs by id, weights and checkpoints included; not in git. */
  readonly runs: string;
  /** Tables, figures' numbers and the runs' results: small, and kept in git. */
  readonly results: string;
}

/**
 * The places of a data set's experiments.
 *
 * @param results in place of the results' usual folder
 */
export function experimentPlaces(datasetName: string, results?: string): ExperimentPlaces {
  const name = datasetName.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
  return {
    runs: join(runsFolder, "experiments", name),
    results: results ?? join(resultsFolder, name),
  };
}

/** The folder of a run. */
export function runFolderOf({ runs }: ExperimentPlaces, id: string): string {
  return join(runs, id);
}

/** The file that a process locks which executes a run or changes its result. */
export function lockPathOf(places: ExperimentPlaces, id: string): string {
  return join(runFolderOf(places, id), "lock");
}

/** The folder of the files of all runs' results. */
export function runResultsFolder({ results }: ExperimentPlaces): string {
  return join(results, "runs");
}

/** The file of a run's result. */
export function resultPathOf(places: ExperimentPlaces, id: string): string {
  return join(runResultsFolder(places), `${id}.json`);
}

/** The file that says why a run failed; gone once it does not. */
export function failurePathOf(places: ExperimentPlaces, id: string): string {
  return join(runFolderOf(places, id), "failure.txt");
}
