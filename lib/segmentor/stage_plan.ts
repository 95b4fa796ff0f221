import type { SegmentorConfig } from "../config/config.ts";
import { correctionInputs, FINE_KERNEL } from "./fine_level.ts";
import { GATE_KERNEL, imageChannels, type Level, segmentorLevels } from "./levels.ts";
import { refineSteps } from "./refine_steps.ts";
import { legalEdges, stageForEdge } from "./stage_rule.ts";

/**
 * A part of the segmentor: a stage, the gates that take the place of the stages skipped, or the level
 * at the image's own resolution.
 */
export interface StagePart {
  /** "gates", "stage 1", "stage 2", ..., "fine level" */
  readonly name: string;
  /** True when a cube of the plan's edge passes through it. */
  readonly runs: boolean;
  /** Trainable values, and true multiply-accumulates for one cube; 0 when it does not run. */
  readonly parameters: number;
  readonly macs: number;
}

/** What the stage rule makes of a cube of one edge. */
export interface StagePlan {
  readonly edge: number;
  /** The stage r at which the cube enters (Eq. 3). */
  readonly stage: number;
  /** The gates, then the stages 1 to N, then the fine level if there is one. */
  readonly parts: readonly StagePart[];
  /** Sums over the parts that run. */
  readonly parameters: number;
  readonly macs: number;
}

/**
 * Which parts of the segmentor a cube of each legal edge runs, largest edge first, and their cost,
 * by formulas: what a model would count, without building one.
 *
 * @param outputs channels of the logits: 1 for one class, else the classes and background
 * @throws {UserError} when the configuration contradicts itself
 */
export function stagePlans(config: SegmentorConfig, outputs = 1): StagePlan[] {
  return legalEdges(config).map((edge) => stagePlan(edge, config, outputs));
}

/**
 * One row of {@linkcode stagePlans}.
 *
 * @throws {UserError} when the edge is not legal, or the configuration contradicts itself
 */
export function stagePlan(edge: number, config: SegmentorConfig, outputs = 1): StagePlan {
  const levels = segmentorLevels(config);
  const stage = stageForEdge(edge, config);
  const parts: StagePart[] = [gates(levels[stage - 1], edge, stage, config, outputs)];
  for (let k = 1; k <= config.stageCount; k++) {
    const isLast = k === config.stageCount;
    const costs = levels.slice(k - 1, isLast ? undefined : k)
      .map((level) => levelCost(level, config, outputs));
    if (isLast) costs.push(positionTable(levels[levels.length - 1]));
    parts.push(part(`stage ${k}`, k >= stage, costs));
  }
  if (config.fineWidth > 0) {
    parts.push(part("fine level", true, [fineCost(config.fineWidth, edge, outputs)]));
  }
  return {
    edge,
    stage,
    parts,
    parameters: parts.reduce((sum, { parameters }) => sum + parameters, 0),
    macs: parts.reduce((sum, { macs }) => sum + macs, 0),
  };
}

interface Cost {
  readonly parameters: number;
  readonly macs: number;
}

function part(name: string, runs: boolean, costs: readonly Cost[]): StagePart {
  const sum = (key: keyof Cost) => runs ? costs.reduce((total, cost) => total + cost[key], 0) : 0;
  return { name, runs, parameters: sum("parameters"), macs: sum("macs") };
}

/** Entry and exit of a cube that skips stages; a cube that skips none uses stage 1's own. */
function gates(
  { inputs }: Level,
  edge: number,
  stage: number,
  config: SegmentorConfig,
  outputs: number,
): StagePart {
  const kernel = GATE_KERNEL ** 3;
  const entry = kernel * imageChannels(config) * inputs;
  const voxels = (edge / GATE_KERNEL) ** 3;
  return part("gates", stage > 1, [
    { parameters: entry + inputs, macs: voxels * entry },
    { parameters: kernel * inputs * outputs + outputs, macs: voxels * kernel * inputs * outputs },
  ]);
}

/** Encoder and decoder of a level: convolution, norm and refine blocks, each way. */
function levelCost(level: Level, config: SegmentorConfig, outputs: number): Cost {
  const { index, inputs, channels, kernel, blocks, gridEdge } = level;
  const grown = index === 0 ? outputs : inputs;
  const isNormalized = index > 0 || config.normalizeLogits;
  const voxels = gridEdge ** 3;
  const steps = refineSteps(level, gridEdge);
  const sum = (key: keyof Cost) => steps.reduce((total, step) => total + step[key], 0);
  const down = kernel ** 3 * inputs * channels;
  const up = kernel ** 3 * channels * grown;
  return {
    parameters: 2 * blocks * sum("parameters") + down + 3 * channels + up + grown +
      (isNormalized ? 2 * grown : 0),
    macs: 2 * blocks * sum("macs") + voxels * (down + up),
  };
}

/** Features of the image, and the correction of the logits. */
function fineCost(width: number, edge: number, outputs: number): Cost {
  const products = FINE_KERNEL ** 3 * (width + correctionInputs(width, outputs) * outputs);
  return { parameters: products + width + outputs, macs: edge ** 3 * products };
}

function positionTable({ gridEdge, channels }: Level): Cost {
  return { parameters: gridEdge ** 3 * channels, macs: 0 };
}
