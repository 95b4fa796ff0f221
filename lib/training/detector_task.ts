import * as tf from "../tf.ts";
import type { DetectorConfig, PhaseConfig } from "../config/config.ts";
import { boxToCenterSize } from "../detector/box_format.ts";
import type { ViewModule } from "../detector/detector.ts";
import { makeView, viewChannels, viewTarget } from "../detector/views.ts";
import { boxIou2 } from "../volume/box.ts";
import { type ViewName } from "../volume/projection.ts";
import type { Mask, Volume } from "../volume/volume.ts";
import { augmentPicture, type PictureSample, type ViewAxes } from "./augment_picture.ts";
import type { FitTask } from "./fit_task.ts";
import type { Validation } from "./history.ts";
import { losses } from "./loss_parts.ts";

/** What one view of some cases gives the network. */
export interface PictureBatch {
  /** `[n, edge, edge, channels]` */
  readonly pictures: tf.Tensor4D;
  /** `[n, edge, edge, 1]`: the mask input of D_M, and the target of a silhouette network. */
  readonly silhouettes: tf.Tensor4D;
  /** `[n, 4]`: centre and size in 0 .. 1. */
  readonly boxes: tf.Tensor2D;
}

const patientAxes: Readonly<Record<ViewName, ViewAxes>> = {
  xy: { horizontal: "x", vertical: "y", depth: "z" },
  yz: { horizontal: "y", vertical: "z", depth: "x" },
  xz: { horizontal: "x", vertical: "z", depth: "y" },
};

/** The picture of a case in a view, and what the detector is to find in it. */
export function makePictureSample(
  cubeImage: Volume,
  organMask: Mask,
  view: ViewName,
  config: DetectorConfig["view"],
): PictureSample {
  const { silhouette, boxUnit } = viewTarget(organMask, view, config.edge);
  return {
    rows: config.edge,
    columns: config.edge,
    channels: viewChannels(config),
    picture: makeView(cubeImage, view, config),
    silhouette,
    boxUnit,
  };
}

/**
 * The training of one view's module (section 3.1: each is trained individually).
 *
 * @param samples pictures of all training and validation cases, by case
 * @param split ids of the cases that train and that validate
 */
export function detectorTask(
  module: ViewModule,
  samples: ReadonlyMap<string, PictureSample>,
  split: { readonly training: readonly string[]; readonly validation: readonly string[] },
  phase: PhaseConfig,
): FitTask<PictureSample, PictureBatch> {
  const sampleOf = (id: string): PictureSample => {
    const sample = samples.get(id);
    if (!sample?.boxUnit) throw new Error(`case ${id} has no picture with the organ`);
    return sample;
  };
  return {
    parameters: module.parameters,
    trainIds: split.training,
    sample: (id, random) => {
      const changed = augmentPicture(
        sampleOf(id),
        patientAxes[module.view],
        phase.augmentation,
        random,
      );
      // A shift may carry a small organ out of the picture: then the picture stays as it was.
      return changed.boxUnit ? changed : sampleOf(id);
    },
    batch: pictureBatch,
    loss: ({ pictures, silhouettes, boxes }, pass) =>
      losses[phase.loss](
        module.apply(pictures, pass, silhouettes),
        phase.loss === "silhouette" ? silhouettes : boxes,
      ),
    ...(split.validation.length > 0
      ? { validate: () => validateBoxes(module, split.validation.map(sampleOf)) }
      : {}),
  };
}

function pictureBatch(samples: readonly PictureSample[]): PictureBatch {
  const { rows, columns, channels } = samples[0];
  const stack = (name: "picture" | "silhouette", depth: number): tf.Tensor4D => {
    const values = new Float32Array(samples.length * rows * columns * depth);
    samples.forEach((sample, i) => values.set(sample[name], i * rows * columns * depth));
    return tf.tensor4d(values, [samples.length, rows, columns, depth]);
  };
  return {
    pictures: stack("picture", channels),
    silhouettes: stack("silhouette", 1),
    boxes: tf.tensor2d(samples.map(({ boxUnit }) => boxToCenterSize(boxUnit!))),
  };
}

/** Mean 2D IoU of the module's boxes, the quantity of the paper's Table 1. */
async function validateBoxes(
  module: ViewModule,
  samples: readonly PictureSample[],
): Promise<Validation> {
  let sum = 0;
  for (const sample of samples) {
    const { rows, columns, channels, picture, boxUnit } = sample;
    const pictures = tf.tensor4d(picture, [1, rows, columns, channels]);
    const [found] = await module.detect(pictures);
    pictures.dispose();
    sum += boxIou2(found.boxUnit, boxUnit!);
  }
  const iou = sum / samples.length;
  return { score: iou, metrics: { iou2d: iou } };
}
