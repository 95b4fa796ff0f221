import type { Experiment } from "./experiment.ts";
import { focusExperiment } from "./focus_experiment.ts";
import { table1Experiment, table2Experiment, table3Experiment } from "./paper_experiments.ts";

/** All experiments, in the order of the help text. */
export const experiments: readonly Experiment[] = [
  focusExperiment,
  table1Experiment,
  table2Experiment,
  table3Experiment,
];
