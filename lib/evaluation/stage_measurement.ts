import * as tf from "../tf.ts";
import type { PhaseConfig, SegmentorConfig } from "../config/config.ts";
import { inference, Parameters } from "../nn/parameters.ts";
import { Random } from "../random.ts";
import { Segmentor } from "../segmentor/segmentor.ts";
import { AdamW } from "../training/adamw.ts";
import { losses } from "../training/loss_parts.ts";
import { trainStep } from "../training/train_step.ts";
import { peakIntermediateBytes, segmentorCost } from "./cost.ts";
import type { ModelCost } from "./records.ts";
import type { Summary } from "./statistics.ts";
import { timeRepeatedly, type TimingOptions } from "./time_repeatedly.ts";

/** What a cube of one edge costs on this machine. */
export interface StageMeasurement {
  readonly edge: number;
  /** Counted: parameters, multiply-accumulates, tensors of a forward pass; batch 1. */
  readonly cost: ModelCost;
  /** A forward pass of one cube, in ms. */
  readonly forwardMs: Summary;
  /** A training step with `batchSize` cubes: forward, backward, optimizer; in ms. */
  readonly stepMs: Summary;
  /** The most that tensors held at once during such a step, weights and moments not counted. */
  readonly stepPeakBytes: number;
}

/** What {@linkcode measureStage} needs to know. */
export interface StageMeasurementOptions extends TimingOptions {
  /** Classes of the organ; 1 unless given. */
  readonly classCount?: number;
  /** Loss, optimizer and batch size of the training step. */
  readonly phase: PhaseConfig;
}

/**
 * Measures the segmentor at one of its edges, on random weights and noise: what it costs does not
 * depend on what it has learned. Leaves no tensor behind.
 *
 * @throws {UserError} when the edge is not one of the segmentor's
 */
export async function measureStage(
  config: SegmentorConfig,
  edge: number,
  { classCount = 1, phase, ...timing }: StageMeasurementOptions,
): Promise<StageMeasurement> {
  const parameters = new Parameters("stage measurement");
  const segmentor = new Segmentor(parameters, config, classCount);
  const optimizer = new AdamW(parameters, phase);
  const [n, one] = [phase.batchSize, noise([1, edge, edge, edge, 1])];
  const images = noise([n, edge, edge, edge, 1]);
  const targets = noise([n, edge, edge, edge, segmentor.outputs]);
  const pass = { training: true, random: new Random("stage measurement") };
  const step = () =>
    trainStep(
      { parameters, optimizer, average: null },
      () => losses[phase.loss](segmentor.apply(images, pass), targets),
      phase.learningRate,
    ).values;
  try {
    return {
      edge,
      cost: await segmentorCost(segmentor, parameters, edge),
      forwardMs: await timeRepeatedly(() => readBack(segmentor.apply(one, inference)), timing),
      stepMs: await timeRepeatedly(() => readBack(step()), timing),
      stepPeakBytes: await peakIntermediateBytes(() => void step()),
    };
  } finally {
    tf.dispose([one, images, targets]);
    optimizer.dispose();
    parameters.dispose();
  }
}

function noise(shape: tf.Tensor5D["shape"]): tf.Tensor5D {
  return tf.randomUniform(shape, 0, 1, "float32", 1);
}

async function readBack(tensor: tf.Tensor): Promise<void> {
  await tensor.data();
  tensor.dispose();
}
