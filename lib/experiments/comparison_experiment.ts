import {
  paperOrgan,
  type PaperPeer,
  type PaperSegmentationRow,
  paperTable3,
  paperTable4,
} from "../evaluation/paper_tables.ts";
import type { EvaluationMode } from "../evaluation/records.ts";
import type { Experiment } from "./experiment.ts";
import { everything, modeFigures } from "./focus_experiment.ts";
import { inBothSpaces } from "./paper_experiments.ts";
import { type PlanOptions, requestEach, type Variant, type Work } from "./plan_options.ts";
import { segmentationTable } from "./segmentation_table.ts";

const frameworkWork: Work = { phases: everything.phases, modes: ["withCrop", "withoutCrop"] };
const wholeWork: Work = { phases: ["whole"], modes: ["withoutCrop"] };

/** The networks that the framework is compared with: as `model` names them, and as literature does. */
const peers = [
  { model: "segformer3d", title: "SegFormer3D" },
  { model: "mednext-s", title: "MedNeXt-S" },
  { model: "swin-smt", title: "SwinSMT" },
  { model: "slim-unetr", title: "Slim UNETR" },
] as const;

/** The paper's Table 4. */
export const table4Experiment: Experiment = {
  name: "table4",
  title: "Table 4. Comparison with other networks",
  about: "The framework with crop and its segmentor on the whole volume, beside SegFormer3D, " +
    "MedNeXt-S, SwinSMT and Slim UNETR on the whole volume, trained by the same recipe for as many " +
    "epochs as the table Budget says.",
  presets: ["paper"],
  organs: "paper",
  requests: (options) => {
    // Fold by fold, so that a budget that ends early leaves the same folds to every network.
    const { folds, onlyFolds = Array.from({ length: folds }, (_, i) => i + 1) } = options;
    return onlyFolds.flatMap((fold) => {
      const one = { ...options, onlyFolds: [fold] };
      return [
        ...requestEach(one, frameworks(options), frameworkWork),
        ...requestEach(one, peerVariants(options), wholeWork),
      ];
    });
  },
  tables: ({ groups }) =>
    inBothSpaces((space) =>
      segmentationTable(groups, {
        modes: ["withCrop", "withoutCrop"],
        space,
        labelTitle: "Network",
        withCounts: true,
        paper: paperRow,
      })
    ),
  figures: modeFigures,
};

const frameworkName = (preset: string) => `framework, ${preset}`;

function frameworks({ presets }: PlanOptions): Variant[] {
  return presets.map((preset) => ({
    name: frameworkName(preset),
    preset,
    changes: [],
    why: "detector and segmentor",
  }));
}

function peerVariants({ presets: [preset] }: PlanOptions): Variant[] {
  return peers.map(({ model, title }) => ({
    name: title,
    preset,
    changes: [`model=${model}`],
    why: "another network on the whole volume",
  }));
}

function paperRow(
  label: string,
  className: string,
  mode: EvaluationMode,
): PaperSegmentationRow | undefined {
  const known = paperOrgan(className);
  if (known === undefined) return undefined;
  const peer = peers.find(({ title }) => title === label)?.model;
  if (peer === undefined) return mode === "groundTruthRoi" ? undefined : paperTable3[mode][known];
  return (paperTable4 as Partial<typeof paperTable4>)[peer as PaperPeer]?.[known];
}
