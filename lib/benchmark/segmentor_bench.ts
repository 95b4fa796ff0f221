import type { PhaseConfig, SegmentorConfig } from "../config/config.ts";
import { presets } from "../config/presets.ts";
import { segmentorCost } from "../evaluation/cost.ts";
import { Parameters } from "../nn/parameters.ts";
import { Random } from "../random.ts";
import { segmentRoi } from "../segmentor/segment_roi.ts";
import { Segmentor } from "../segmentor/segmentor.ts";
import * as tf from "../tf.ts";
import { losses } from "../training/loss_parts.ts";
import type { BenchContext } from "./bench_context.ts";
import { timeBesidePeer } from "./beside_peer.ts";
import { workLimit } from "./machine_limits.ts";
import { countTensorflowOps } from "./op_count.ts";
import { type CubeValues, TorchTwin } from "./torch_twin.ts";
import { benchTrainingStep } from "./training_step_bench.ts";

/** What of the segmentor is measured. */
export interface SegmentorSizes {
  /** What its rows are called: "segmentor". */
  readonly name: string;
  readonly config: SegmentorConfig;
  readonly phase: PhaseConfig;
  /** Edges of the cubes. */
  readonly edges: readonly number[];
  /** Batch sizes of training; inference has one cube. */
  readonly batches: readonly number[];
}

/**
 * The segmentor of a preset: that of `focus` has a fine level besides the paper's stages. Both train
 * with the loss of `focus`, which the PyTorch twin has, too.
 */
export function segmentorSizes(preset: "focus" | "paper"): SegmentorSizes {
  return {
    name: preset === "focus" ? "segmentor" : `segmentor of ${preset}`,
    config: presets[preset].segmentor,
    phase: presets.focus.phases.segmentor,
    edges: [64, 32, 16],
    batches: [4, 32],
  };
}

/** Times the segmentor's inference and training steps, beside its PyTorch twin where there is one. */
export async function benchSegmentor(
  context: BenchContext,
  { name, config, phase, edges, batches }: SegmentorSizes = segmentorSizes("focus"),
): Promise<void> {
  const parameters = new Parameters("benchmark");
  const segmentor = new Segmentor(parameters, config, 1);
  await shakeParameters(parameters);
  const subject = { name, segmentor, parameters, phase };
  const twin = await TorchTwin.load(context, parameters, config);
  for (const edge of edges) await benchInference(context, subject, edge, twin);
  for (const batch of batches) {
    for (const edge of edges) await benchTraining(context, subject, edge, batch, twin);
  }
  parameters.dispose();
}

/**
 * Moves every parameter off the value that it begins with, at which some have no effect on the
 * result: a comparison of results then sees all of them.
 */
export async function shakeParameters(parameters: Parameters): Promise<void> {
  const random = new Random("shaken parameters");
  const shaken = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const [name, { shape, data }] of await parameters.read()) {
    const shake = name.endsWith("runningVariance")
      ? (value: number) => value * random.uniform(0.7, 1.3)
      : (value: number) => value + random.normal(0, 0.03);
    shaken.set(name, { shape, data: data.map(shake) });
  }
  parameters.write(shaken, "the benchmark");
}

interface Subject {
  readonly name: string;
  readonly segmentor: Segmentor;
  readonly parameters: Parameters;
  readonly phase: PhaseConfig;
}

async function benchInference(
  context: BenchContext,
  { name, segmentor, parameters }: Subject,
  edge: number,
  twin: TorchTwin | null,
): Promise<void> {
  const { images: cube } = randomCubes(edge, 1);
  const run = () => segmentRoi(segmentor, cube, edge);
  const cost = await segmentorCost(segmentor, parameters, edge);
  const values = cost.activeParameters + 2 * cube.length;
  context.report({
    part: "networks",
    name: `${name} ${edge}^3, inference, batch 1`,
    ...await timeBesidePeer(
      context,
      run,
      twin && (async () => await twin.inference(edge, cube, await run())),
    ),
    facts: {
      "parameters": cost.activeParameters,
      "MMAC": cost.macs / 1e6,
      "ops": await countTensorflowOps(run),
      "peak MB": cost.peakTensorBytes / 1e6,
    },
    limit: workLimit(context.limits, { macs: cost.macs, bytes: 4 * values }),
  });
}

async function benchTraining(
  context: BenchContext,
  { name, segmentor, parameters, phase }: Subject,
  edge: number,
  batch: number,
  twin: TorchTwin | null,
): Promise<void> {
  const cubes = randomCubes(edge, batch);
  const cost = await segmentorCost(segmentor, parameters, edge);
  const tensor = (cubes: Float32Array): tf.Tensor5D =>
    tf.tensor5d(cubes, [batch, edge, edge, edge, 1]);
  await benchTrainingStep(
    context,
    {
      name: `${name} ${edge}^3, training step, batch ${batch}`,
      parameters,
      phase,
      loss: (pass) =>
        losses[phase.loss](
          segmentor.apply(tensor(cubes.images), pass),
          tensor(cubes.targets),
        ),
      forwardMacs: batch * cost.macs,
      activeParameters: cost.activeParameters,
      batchValues: 2 * cubes.images.length,
    },
    twin && (() => twin.training(edge, cubes, phase)),
  );
}

/** Noise in 0 .. 1 with a ball in it that is brighter, and the ball. */
function randomCubes(edge: number, batch: number): CubeValues {
  const random = new Random("cubes");
  const [images, targets] = [
    new Float32Array(batch * edge ** 3),
    new Float32Array(batch * edge ** 3),
  ];
  const radius = 0.3 * edge;
  for (let i = 0; i < images.length; i++) {
    const [x, y, z] = [i % edge, Math.floor(i / edge) % edge, Math.floor(i / edge ** 2) % edge];
    const fromCentre = [x, y, z].map((place) => place + 0.5 - edge / 2);
    targets[i] = Math.hypot(...fromCentre) < radius ? 1 : 0;
    images[i] = random.uniform(0, 0.7) + 0.3 * targets[i];
  }
  return { images, targets };
}
