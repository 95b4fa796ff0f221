import * as tf from "../tf.ts";
import type { PhaseConfig } from "../config/config.ts";
import type { Organ } from "../dataset/organ.ts";
import type { CubeNetwork } from "../nn/cube_network.ts";
import { once } from "../once.ts";
import type { Random } from "../random.ts";
import { segmentRoi } from "../segmentor/segment_roi.ts";
import type { Box3 } from "../volume/box.ts";
import type { VolumeSample } from "./augment_volume.ts";
import type { BuiltSegmentor } from "./build_segmentor.ts";
import { cubeDice } from "./cube_dice.ts";
import type { FitTask } from "./fit_task.ts";
import type { Validation } from "./history.ts";
import { losses } from "./loss_parts.ts";
import type { SampleMaker, SampleRequest } from "./training_sample.ts";

/** Regions as cubes. */
export interface CubeBatch {
  /** `[n, z, y, x, 1]` */
  readonly images: tf.Tensor5D;
  /** `[n, z, y, x, channels]`: shares in 0 .. 1. */
  readonly targets: tf.Tensor5D;
}

/** What the segmentor is trained on. */
export interface RegionSource {
  /** The grid that its regions are cut from. */
  readonly space: SampleRequest["space"];
  readonly makeSample: SampleMaker;
  /** A training region of a case, in unit coordinates. */
  drawTraining(id: string, random: Random): Box3;
  /** The region of a case on which validation looks. */
  validation(id: string): Box3;
}

/**
 * The training of the segmentor on regions (section 3.2), whichever phase they are drawn for. Only
 * the stages that the cube's edge needs take part.
 */
export function segmentorTask(
  { segmentor, parameters, config, edge }: BuiltSegmentor,
  organ: Organ,
  source: RegionSource,
  split: { readonly training: readonly string[]; readonly validation: readonly string[] },
  phase: PhaseConfig,
): FitTask<VolumeSample, CubeBatch> {
  const classes = organ.classes.map(({ values }) => values);
  const { kernel, labels, paste } = config;
  const { space } = source;
  const sampleRegion = async (
    id: string,
    boxUnit: Box3,
    augmentation: SampleRequest["augmentation"],
  ): Promise<VolumeSample> => {
    const roi = { kernel, labels, paste };
    return await source.makeSample({ id, space, boxUnit, edge, classes, roi, augmentation });
  };
  const validationSamples = once(() =>
    Promise.all(split.validation.map((id) => sampleRegion(id, source.validation(id), null)))
  );
  return {
    parameters,
    trainIds: split.training,
    sample: async (id, random) => {
      const boxUnit = source.drawTraining(id, random.fork("region"));
      const { seed } = random.fork("augmentation");
      return await sampleRegion(id, boxUnit, { config: phase.augmentation, seed });
    },
    batch: cubeBatch,
    loss: ({ images, targets }, pass) => losses[phase.loss](segmentor.apply(images, pass), targets),
    ...(split.validation.length > 0
      ? {
        validate: async () => await validateDice(segmentor, await validationSamples(), organ),
      }
      : {}),
  };
}

function cubeBatch(samples: readonly VolumeSample[]): CubeBatch {
  const { shape: [width, height, depth], channels } = samples[0];
  const stack = (name: "image" | "labels", channelCount: number): tf.Tensor5D => {
    const size = width * height * depth * channelCount;
    const values = new Float32Array(samples.length * size);
    samples.forEach((sample, i) => values.set(sample[name], i * size));
    return tf.tensor5d(values, [samples.length, depth, height, width, channelCount]);
  };
  return { images: stack("image", 1), targets: stack("labels", channels) };
}

/** Mean Dice over cases and classes, on the cubes themselves. */
async function validateDice(
  segmentor: CubeNetwork,
  samples: readonly VolumeSample[],
  organ: Organ,
): Promise<Validation> {
  const sums = organ.classes.map(() => 0);
  for (const { image, labels, shape } of samples) {
    const logits = await segmentRoi(segmentor, image, shape[0]);
    cubeDice(logits, labels, segmentor.outputs).forEach((dice, i) => sums[i] += dice);
  }
  const means = sums.map((sum) => sum / samples.length);
  const score = means.reduce((sum, value) => sum + value, 0) / means.length;
  const byClass = organ.classes.map(({ name }, i) => [`dice ${name}`, means[i]]);
  return { score, metrics: Object.fromEntries(byClass) };
}
