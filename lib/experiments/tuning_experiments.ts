import { paperPhases } from "../config/config.ts";
import { makeConfig } from "../config/overrides.ts";
import type { Table } from "../evaluation/markdown_table.ts";
import {
  paperOrgan,
  type PaperScores,
  paperTable6,
  paperTable7,
} from "../evaluation/paper_tables.ts";
import type { EvaluationSpace } from "../evaluation/records.ts";
import {
  casesCell,
  classCell,
  edgesCell,
  medianCell,
  numberCell,
  peakCell,
} from "../evaluation/table_cells.ts";
import { type Column, scoreColumns, type Scored, tableOf } from "../evaluation/table_columns.ts";
import type { Experiment } from "./experiment.ts";
import { modeFigures } from "./focus_experiment.ts";
import { inBothSpaces } from "./paper_experiments.ts";
import { type PlanOptions, requestEach, type Variant, type Work } from "./plan_options.ts";
import { casesOf, classesOf, type RunGroup } from "./run_group.ts";
import { foldsCell, hasModes } from "./table_cells.ts";

const work: Work = { phases: paperPhases, modes: ["withCrop"] };

const learningRates = [1e-3, 1.5e-3, 2e-3] as const;
const batchSizes = [64, 32, 16] as const;

/** The paper's Table 6. */
export const table6Experiment: Experiment = {
  name: "table6",
  title: "Table 6. Learning rates of the segmentor",
  about:
    "The framework with crop, its segmentor trained at three learning rates; fine-tuning keeps " +
    "its ratio to the first phase. The detector is the same for all.",
  presets: ["paper"],
  organs: "paper",
  requests: (options) => requestEach(options, rateVariants(options), work),
  tables: ({ groups, options }) => {
    const rates = new Map(
      rateVariants(options).map(({ name }, i) => [name, learningRates[i % learningRates.length]]),
    );
    return inBothSpaces((space) =>
      scoresTable(groups, space, "Learning rate", ({ label, organ }) => {
        const known = paperOrgan(organ);
        const rate = rates.get(label);
        return known && paperTable6[known].find(({ learningRate }) => learningRate === rate);
      })
    );
  },
  figures: modeFigures,
};

/** The paper's Table 7. */
export const table7Experiment: Experiment = {
  name: "table7",
  title: "Table 7. Batch sizes of the segmentor",
  about:
    "The framework with crop, its segmentor trained with three batch sizes, with the memory and " +
    "the time of a training step. The detector is the same for all.",
  presets: ["paper"],
  organs: "paper",
  requests: (options) =>
    requestEach(options, batchVariants(options), { ...work, measuresStep: true }),
  tables: ({ groups, options }) => {
    const sizes = new Map(
      batchVariants(options).map(({ name }, i) => [name, batchSizes[i % batchSizes.length]]),
    );
    const paper = ({ label, organ }: RunGroup) => {
      const known = paperOrgan(organ);
      const size = sizes.get(label);
      return known && paperTable7[known].find(({ batchSize }) => batchSize === size);
    };
    return [
      ...inBothSpaces((space) => scoresTable(groups, space, "Batch", paper)).map((table) => ({
        ...table,
        note: batchNote,
      })),
      { title: "A training step", table: stepTable(groups, paper) },
    ];
  },
  figures: modeFigures,
};

const batchNote =
  "A batch holds no more than the fold's training cases times `phases.segmentor.repeats`: where a size " +
  "is beyond that, its row trains with all of them at once. An epoch's last batch holds what is left " +
  "over, at worst one volume, and its step counts as much as the others. In as many epochs a smaller " +
  "batch takes more steps (see Budget): what sets the rows apart may be their number as much as the " +
  "size. The step of the last table has the full size.";

function rateVariants({ presets }: PlanOptions): Variant[] {
  return presets.flatMap((preset) => {
    const { segmentor, finetune } = makeConfig(preset).phases;
    const ratio = finetune.learningRate / segmentor.learningRate;
    return learningRates.map((rate) => ({
      name: labelOf(presets, preset, rate.toExponential(1)),
      preset,
      changes: [
        `phases.segmentor.learningRate=${rate}`,
        `phases.finetune.learningRate=${Number((rate * ratio).toPrecision(6))}`,
      ],
      why: "a learning rate of Table 6",
    }));
  });
}

function batchVariants({ presets }: PlanOptions): Variant[] {
  return presets.flatMap((preset) =>
    batchSizes.map((size) => ({
      name: labelOf(presets, preset, String(size)),
      preset,
      changes: [`phases.segmentor.batchSize=${size}`, `phases.finetune.batchSize=${size}`],
      why: "a batch size of Table 7",
    }))
  );
}

function labelOf(presets: readonly string[], preset: string, value: string): string {
  return presets.length > 1 ? `${value}, ${preset}` : value;
}

function scoresTable(
  groups: readonly RunGroup[],
  space: EvaluationSpace,
  labelTitle: string,
  paperOf: (group: RunGroup) => PaperScores | undefined,
): Table {
  const columns: readonly Column<ScoresRow>[] = [
    { title: labelTitle, cell: ({ group }) => group.label },
    { title: "Organ", cell: ({ group, className }) => classCell(group.organ, className) },
    { title: "Folds", cell: ({ group }) => foldsCell(group, hasModes("withCrop")) },
    { title: "Cases", cell: ({ cases }) => casesCell(cases) },
    ...scoreColumns,
  ];
  const rows = groups.flatMap((group) =>
    classesOf(group).map((className): ScoresRow => ({
      group,
      className,
      cases: casesOf(group, "withCrop", space, className),
      paper: space === "cube" && className === group.organ ? paperOf(group) : undefined,
    }))
  );
  return tableOf(columns, rows);
}

interface ScoresRow extends Scored {
  readonly group: RunGroup;
  readonly className: string;
}

function stepTable(
  groups: readonly RunGroup[],
  paperOf: (
    group: RunGroup,
  ) => { readonly vramMib: number; readonly timeSeconds: number } | undefined,
): Table {
  const steps = ({ results }: RunGroup) => results.flatMap(({ step }) => step ?? []);
  const columns: readonly Column<RunGroup>[] = [
    { title: "Batch", cell: ({ label }) => label },
    { title: "Organ", cell: ({ organ }) => organ },
    { title: "Input", cell: (group) => edgesCell(steps(group)) },
    { title: "VRAM MiB (paper)", cell: (group) => numberCell(paperOf(group)?.vramMib, 0) },
    { title: "Tensors MiB (ours)", cell: (group) => peakCell(steps(group)) },
    { title: "Iteration s (paper)", cell: (group) => numberCell(paperOf(group)?.timeSeconds, 4) },
    {
      title: "Iteration s (ours)",
      cell: (group) => medianCell(steps(group).map(({ stepMs }) => stepMs / 1000), 4),
    },
  ];
  return tableOf(columns, groups);
}
