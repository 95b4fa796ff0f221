import type { Table } from "../evaluation/markdown_table.ts";
import type { Figure } from "../figures/figure.ts";
import type { PlanOptions } from "./plan_options.ts";
import type { RunGroup } from "./run_group.ts";
import type { RunRequest } from "./run_spec.ts";

/** A table under a heading. */
export interface TitledTable {
  readonly title: string;
  readonly table: Table;
  /** What a reader should know of it, as a paragraph. */
  readonly note?: string;
}

/** What tables and figures are made of. */
export interface Findings {
  readonly options: PlanOptions;
  /** By label and organ, in the order in which they were asked for. */
  readonly groups: readonly RunGroup[];
  /** Label values by name, of the data set. */
  readonly labels: Readonly<Record<string, number>>;
}

/** A list of runs and the tables that they fill. */
export interface Experiment {
  /** As in `deno task experiment NAME`. */
  readonly name: string;
  /** "Table 3. The framework, without and with crop" */
  readonly title: string;
  /** What it runs and what for, as a paragraph. */
  readonly about: string;
  readonly presets: readonly string[];
  /** Whether its rows are variants of one preset, so that no more than one can be asked for. */
  readonly onePreset?: boolean;
  /** The organs unless others are given: those of the paper, or those that have a target. */
  readonly organs: "paper" | "targets";
  /** Whether the organs of a row are also measured together, once their runs are done. */
  readonly together?: boolean;
  requests(options: PlanOptions): RunRequest[];
  tables(findings: Findings): TitledTable[];
  figures(findings: Findings): Figure[];
}
