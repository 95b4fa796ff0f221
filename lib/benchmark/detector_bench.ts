import type { RunConfig } from "../config/config.ts";
import { presets } from "../config/presets.ts";
import { buildDetector, type Detector, type ViewModule } from "../detector/detector.ts";
import { viewChannels } from "../detector/views.ts";
import { detectorCost } from "../evaluation/cost.ts";
import { countMacs } from "../nn/macs.ts";
import { inference, type Pass } from "../nn/parameters.ts";
import { Random } from "../random.ts";
import * as tf from "../tf.ts";
import { losses } from "../training/loss_parts.ts";
import { viewNames } from "../volume/projection.ts";
import type { BenchContext } from "./bench_context.ts";
import { workLimit } from "./machine_limits.ts";
import { countTensorflowOps } from "./op_count.ts";
import { measure } from "./timing.ts";
import { benchTrainingStep } from "./training_step_bench.ts";

/** What of the detectors is measured. */
export interface DetectorSizes {
  /** The detectors are theirs. */
  readonly configs: readonly Pick<RunConfig, "preset" | "detector" | "phases">[];
  /** Pictures in a training step. */
  readonly batch: number;
}

/** The detectors of both presets. */
export const usualDetectorSizes: DetectorSizes = {
  configs: [presets.focus, presets.paper],
  batch: 4,
};

/** Times the detectors: the three views of a volume, and a training step of one view's module. */
export async function benchDetectors(
  context: BenchContext,
  { configs, batch }: DetectorSizes = usualDetectorSizes,
): Promise<void> {
  for (const config of configs) {
    const detector = buildDetector(config.detector, "benchmark");
    await benchViews(context, config.preset, detector);
    await benchTraining(context, config, detector.modules.xy, batch);
    detector.dispose();
  }
}

async function benchViews(
  context: BenchContext,
  preset: string,
  detector: Detector,
): Promise<void> {
  const { edge } = detector.config.view;
  const shape: [number, number, number, number] = [
    1,
    edge,
    edge,
    viewChannels(detector.config.view),
  ];
  const run = async () => {
    for (const view of viewNames) {
      const pictures: tf.Tensor4D = tf.zeros(shape);
      const output = detector.modules[view].apply(pictures, inference);
      await output.data();
      tf.dispose([pictures, output]);
    }
  };
  const cost = await detectorCost(detector);
  const pictures = viewNames.length * shape.reduce((product, size) => product * size, 1);
  context.report({
    part: "networks",
    name: `detector ${preset}, 3 views, inference`,
    timing: await measure(run, context.repeats),
    facts: {
      "parameters": cost.parameters,
      "MMAC": cost.macs / 1e6,
      "ops": await countTensorflowOps(run),
      "peak MB": cost.peakTensorBytes / 1e6,
    },
    limit: workLimit(context.limits, {
      macs: cost.macs,
      bytes: 4 * (cost.parameters + pictures),
    }),
  });
}

async function benchTraining(
  context: BenchContext,
  { preset, detector: config, phases }: DetectorSizes["configs"][number],
  module: ViewModule,
  batch: number,
): Promise<void> {
  const { edge } = config.view;
  const channels = viewChannels(config.view);
  const random = new Random("pictures");
  const values = Float32Array.from({ length: batch * edge ** 2 * channels }, () => random.next());
  const phase = phases.detector;
  const loss = (pass: Pass) => {
    const pictures = tf.tensor4d(values, [batch, edge, edge, channels]);
    const silhouettes: tf.Tensor4D = tf.ones([batch, edge, edge, 1]);
    const boxes = tf.tile(tf.tensor2d([[0.5, 0.4, 0.3, 0.2]]), [batch, 1]);
    return losses[phase.loss](
      module.apply(pictures, pass, silhouettes),
      phase.loss === "silhouette" ? silhouettes : boxes,
    );
  };
  const pass = { training: true, random };
  await benchTrainingStep(context, {
    name: `detector ${preset}, one view, training step, batch ${batch}`,
    parameters: module.parameters,
    phase,
    loss,
    forwardMacs: countMacs(() => tf.tidy(() => void loss(pass))).macs,
    activeParameters: module.parameters.count(),
    batchValues: values.length,
  });
}
