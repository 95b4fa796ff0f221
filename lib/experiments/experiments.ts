import { ablationExperiment } from "./ablation_experiment.ts";
import { table4Experiment } from "./comparison_experiment.ts";
import type { Experiment } from "./experiment.ts";
import { focusExperiment } from "./focus_experiment.ts";
import { table1Experiment, table2Experiment, table3Experiment } from "./paper_experiments.ts";
import { table6Experiment, table7Experiment } from "./tuning_experiments.ts";
import { table8Experiment } from "./views_experiment.ts";

/** All experiments, in the order of the help text. */
export const experiments: readonly Experiment[] = [
  focusExperiment,
  ablationExperiment,
  table1Experiment,
  table2Experiment,
  table3Experiment,
  table4Experiment,
  table6Experiment,
  table7Experiment,
  table8Experiment,
];
