import type { DetectorConfig, PhaseConfig } from "../config/config.ts";
import { modelTitles } from "../config/model_name.ts";
import { presets } from "../config/presets.ts";
import type { MeasuredModel } from "../evaluation/model_measurement.ts";
import { digest } from "./digest.ts";

/** A network whose cost is measured, at an edge of its input. */
export interface CostSubject {
  /** "segmentor-64" */
  readonly id: string;
  readonly title: string;
  readonly measured: MeasuredModel;
  readonly phase: PhaseConfig;
}

/** One measurement in a process of its own, so that its memory is that of this one alone. */
export interface CostJob {
  readonly id: string;
  readonly subject: CostSubject;
  readonly only: "forward" | "step";
}

/** Tells apart networks that a preset had at different times under one id: their costs differ. */
export function subjectDigest({ measured, phase: { loss, batchSize } }: CostSubject): string {
  return digest({ measured, loss, batchSize });
}

const { paper, focus } = presets;

/** Voxels of the whole volume's edge in the paper. */
const wholeEdge = 128;

/** Volumes of a training step: as many as the largest network allows on a small machine. */
export const costBatchSize = 1;

/** The networks of the paper's Table 5, ours of `focus` and Slim UNETR. */
export const costSubjects: readonly CostSubject[] = [
  detector("paper", paper.detector, paper.phases.detector),
  detector("focus", focus.detector, focus.phases.detector),
  ...segmentors("paper", "segmentor"),
  ...segmentors("focus", "segmentor-focus"),
  ...(["slim-unetr", "segformer3d", "swin-smt", "mednext-s"] as const).map((model) => ({
    id: model,
    title: modelTitles[model],
    measured: { model, edge: wholeEdge, part: "whole" as const },
    phase: oneVolume(paper.phases.whole),
  })),
];

/** All measurements: first those of inference, which every machine can do. */
export const costJobs: readonly CostJob[] = (["forward", "step"] as const).flatMap((only) =>
  costSubjects.map((subject) => ({ id: `${subject.id}-${only}`, subject, only }))
);

function detector(preset: string, config: DetectorConfig, phase: PhaseConfig): CostSubject {
  return {
    id: `detector-${preset}`,
    title: `Detector, ${preset}`,
    measured: { model: "detector", config },
    phase: oneVolume(phase),
  };
}

/** On each cube, and on the whole volume. */
function segmentors(preset: "paper" | "focus", id: string): CostSubject[] {
  const { segmentor: config, phases } = presets[preset];
  return [
    ...[16, 32, 64].map((edge) => ({
      id: `${id}-${edge}`,
      title: `Segmentor, ${preset}, on ${edge}^3`,
      measured: { model: "segmentor" as const, config, edge },
      phase: oneVolume(phases.segmentor),
    })),
    {
      id: `${id}-whole`,
      title: `Segmentor, ${preset}, on the whole volume`,
      measured: { model: "segmentor", config, edge: wholeEdge, part: "whole" },
      phase: oneVolume(phases.whole),
    },
  ];
}

function oneVolume(phase: PhaseConfig): PhaseConfig {
  return { ...phase, batchSize: costBatchSize };
}
