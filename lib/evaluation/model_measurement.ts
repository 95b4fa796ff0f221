import * as tf from "../tf.ts";
import type { DetectorConfig, PhaseConfig, SegmentorConfig } from "../config/config.ts";
import { buildDetector } from "../detector/detector.ts";
import { viewChannels } from "../detector/views.ts";
import type { CubeNetwork } from "../nn/cube_network.ts";
import { inference, Parameters, type Pass } from "../nn/parameters.ts";
import { buildPeer, type PeerName } from "../peers/peer.ts";
import { Random } from "../random.ts";
import { Segmentor } from "../segmentor/segmentor.ts";
import { AdamW } from "../training/adamw.ts";
import { detectorTask } from "../training/detector_task.ts";
import { losses, type LossParts } from "../training/loss_parts.ts";
import { trainStep } from "../training/train_step.ts";
import { viewNames } from "../volume/projection.ts";
import { detectorCost, peakIntermediateBytes } from "./cost.ts";
import { gpuBytes } from "./gpu_memory.ts";
import { peakProcessBytes, resetPeakProcessBytes } from "./memory.ts";
import { networkCost } from "./network_cost.ts";
import type { ModelCost } from "./records.ts";
import { summarize, type Summary } from "./statistics.ts";
import { timeRepeatedly, type TimingOptions } from "./time_repeatedly.ts";

/** A model, and the input that it is measured on. */
export type MeasuredModel =
  | { readonly model: "detector"; readonly config: DetectorConfig }
  | {
    readonly model: "segmentor";
    readonly config: SegmentorConfig;
    readonly edge: number;
    /** "whole" where the cube is the whole volume; "segmentor" unless given. */
    readonly part?: "segmentor" | "whole";
  }
  | {
    readonly model: PeerName;
    readonly edge: number;
    readonly part?: "segmentor" | "whole";
  };

/** What a model costs on this machine. */
export interface ModelMeasurement {
  /** Counted: parameters, multiply-accumulates, tensors of a forward pass; batch 1. */
  readonly cost: ModelCost;
  /** A forward pass of one volume, in ms. */
  readonly forwardMs: Summary;
  /** A training step with `batchSize` volumes: forward, backward, optimizer; in ms. */
  readonly stepMs: Summary;
  /** The most that tensors held at once during such a step, weights and moments not counted. */
  readonly stepPeakBytes: number;
  /**
   * Largest physical memory of the process meanwhile, whatever it held before included: in a process
   * of its own for one model a figure of that model.
   */
  readonly processBytes: number;
  /** GPU memory that the process holds afterwards; absent where there is no GPU. */
  readonly gpuBytes?: number;
}

/** What {@linkcode measureModel} needs to know. */
export interface ModelMeasurementOptions extends TimingOptions {
  /** Classes of the organ; 1 unless given. */
  readonly classCount?: number;
  /** Loss, optimizer and batch size of the training step. */
  readonly phase: PhaseConfig;
  /** What is timed; both unless given. The figures of the other are NaN. */
  readonly only?: "forward" | "step";
}

/**
 * Measures a model on random weights and noise: what it costs does not depend on what it has
 * learned. Times end with the result read back. The detector's are those of its three views
 * together. Leaves no tensor behind.
 *
 * @throws {UserError} when the model does not take the edge
 */
export async function measureModel(
  measured: MeasuredModel,
  { classCount = 1, phase, only, ...timing }: ModelMeasurementOptions,
): Promise<ModelMeasurement> {
  resetPeakProcessBytes();
  const subject = measured.model === "detector"
    ? detectorSubject(measured.config, phase)
    : cubeSubject(measured, classCount, phase);
  try {
    const measurement = {
      cost: await subject.cost(),
      forwardMs: only === "step"
        ? summarize([])
        : await timeRepeatedly(() => readBack(subject.forward()), timing),
      stepMs: only === "forward"
        ? summarize([])
        : await timeRepeatedly(() => readBack(subject.step()), timing),
      stepPeakBytes: only === "forward"
        ? NaN
        : await peakIntermediateBytes(() => void subject.step()),
      processBytes: peakProcessBytes(),
    };
    const onGpu = await gpuBytes();
    return onGpu === undefined ? measurement : { ...measurement, gpuBytes: onGpu };
  } finally {
    subject.dispose();
  }
}

/** A model with an input to run on. */
interface Subject {
  cost(): Promise<ModelCost>;
  forward(): tf.Tensor[];
  step(): tf.Tensor[];
  dispose(): void;
}

function cubeSubject(
  measured: Exclude<MeasuredModel, { model: "detector" }>,
  classCount: number,
  phase: PhaseConfig,
): Subject {
  const { model, edge, part = "segmentor" } = measured;
  const parameters = new Parameters("measurement");
  const segmentor: CubeNetwork = measured.model === "segmentor"
    ? new Segmentor(parameters, measured.config, classCount)
    : buildPeer(measured.model, parameters, { classCount, edge });
  const one = noise([1, edge, edge, edge, 1]) as tf.Tensor5D;
  const images = noise([phase.batchSize, edge, edge, edge, 1]) as tf.Tensor5D;
  const targets = noise([phase.batchSize, edge, edge, edge, segmentor.outputs]) as tf.Tensor5D;
  const trained = training(parameters, phase);
  return {
    cost: () => networkCost({ model, segmentor, parameters, edge }, part),
    forward: () => [segmentor.apply(one, inference)],
    step: () => [
      trained.step((pass) => losses[phase.loss](segmentor.apply(images, pass), targets)),
    ],
    dispose: () => {
      tf.dispose([one, images, targets]);
      trained.dispose();
      parameters.dispose();
    },
  };
}

function detectorSubject(config: DetectorConfig, phase: PhaseConfig): Subject {
  const detector = buildDetector(config, "measurement");
  const { edge } = config.view;
  const n = phase.batchSize;
  const channels = viewChannels(config.view);
  const one = noise([1, edge, edge, channels]) as tf.Tensor4D;
  const batch = {
    pictures: noise([n, edge, edge, channels]) as tf.Tensor4D,
    silhouettes: noise([n, edge, edge, 1]) as tf.Tensor4D,
    boxes: tf.fill([n, 4], 0.5) as tf.Tensor2D,
  };
  const modules = viewNames.map((view) => {
    const module = detector.modules[view];
    const task = detectorTask(module, new Map(), { training: [], validation: [] }, phase);
    return { module, task, trained: training(module.parameters, phase) };
  });
  return {
    cost: () => detectorCost(detector),
    forward: () => modules.map(({ module }) => module.apply(one, inference)),
    step: () => modules.map(({ task, trained }) => trained.step((pass) => task.loss(batch, pass))),
    dispose: () => {
      tf.dispose([one, batch.pictures, batch.silhouettes, batch.boxes]);
      for (const { trained } of modules) trained.dispose();
      detector.dispose();
    },
  };
}

/** Training steps of some parameters. */
function training(parameters: Parameters, phase: PhaseConfig) {
  const optimizer = new AdamW(parameters, phase);
  const pass: Pass = { training: true, random: new Random("measurement") };
  return {
    step: (loss: (pass: Pass) => LossParts) =>
      trainStep({ parameters, optimizer, average: null }, () => loss(pass), phase.learningRate)
        .values,
    dispose: () => optimizer.dispose(),
  };
}

function noise(shape: number[]): tf.Tensor {
  return tf.randomUniform(shape, 0, 1, "float32", 1);
}

async function readBack(tensors: readonly tf.Tensor[]): Promise<void> {
  for (const tensor of tensors) {
    await tensor.data();
    tensor.dispose();
  }
}
