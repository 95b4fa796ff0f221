import * as tf from "../tf.ts";
import type { PhaseConfig } from "../config/config.ts";
import { boxToCenterSize } from "../detector/box_format.ts";
import type { ViewModule } from "../detector/detector.ts";
import { foundBox } from "../detector/fusion.ts";
import { boxIou2 } from "../volume/box.ts";
import { viewAxes } from "../volume/projection.ts";
import { augmentPicture, hasTarget, type PictureSample } from "./augment_picture.ts";
import type { CasePictures } from "./detector_samples.ts";
import type { FitTask } from "./fit_task.ts";
import type { Validation } from "./history.ts";
import { losses } from "./loss_parts.ts";

/** What one view of some cases gives the network. */
export interface PictureBatch {
  /** `[n, edge, edge, channels]` */
  readonly pictures: tf.Tensor4D;
  /** `[n, edge, edge, targets]`: the mask input of D_M, and what a silhouette network is to give. */
  readonly silhouettes: tf.Tensor4D;
  /** `[n, 4]`: centre and size in 0 .. 1 of the first target; zeros where it is missing. */
  readonly boxes: tf.Tensor2D;
}

/**
 * The training of one view's module (section 3.1: each is trained individually).
 *
 * @param samples of all training and validation cases, by case
 * @param split ids of the cases that train and that validate
 */
export function detectorTask(
  module: ViewModule,
  samples: ReadonlyMap<string, CasePictures>,
  split: { readonly training: readonly string[]; readonly validation: readonly string[] },
  phase: PhaseConfig,
): FitTask<PictureSample, PictureBatch> {
  const picturesOf = (id: string): CasePictures => {
    const found = samples.get(id);
    if (!found) throw new Error(`there is no picture of case ${id}`);
    return found;
  };
  return {
    parameters: module.parameters,
    trainIds: split.training,
    sample: async (id, random) => {
      const pictures = await picturesOf(id).all();
      const picked = pictures[random.fork("variant").integer(pictures.length)];
      const changed = augmentPicture(
        picked,
        viewAxes[module.view],
        phase.augmentation,
        random,
      );
      // A shift may carry a small organ out of the picture: then the picture stays as it was.
      return hasTarget(changed) ? changed : picked;
    },
    batch: pictureBatch,
    loss: ({ pictures, silhouettes, boxes }, pass) =>
      losses[phase.loss](
        module.apply(pictures, pass, silhouettes),
        phase.loss === "silhouette" ? silhouettes : boxes,
      ),
    ...(split.validation.length > 0
      ? { validate: () => validateBoxes(module, split.validation.map((id) => picturesOf(id).own)) }
      : {}),
  };
}

function pictureBatch(samples: readonly PictureSample[]): PictureBatch {
  const { rows, columns, channels, boxesUnit: { length: targets } } = samples[0];
  const stack = (name: "picture" | "silhouettes", depth: number): tf.Tensor4D => {
    const values = new Float32Array(samples.length * rows * columns * depth);
    samples.forEach((sample, i) => values.set(sample[name], i * rows * columns * depth));
    return tf.tensor4d(values, [samples.length, rows, columns, depth]);
  };
  return {
    pictures: stack("picture", channels),
    silhouettes: stack("silhouettes", targets),
    boxes: tf.tensor2d(samples.map(({ boxesUnit: [box] }) => box ? boxToCenterSize(box) : nowhere)),
  };
}

const nowhere = [0, 0, 0, 0];

/** Mean 2D IoU of the module's boxes over cases and targets, the quantity of the paper's Table 1. */
async function validateBoxes(
  module: ViewModule,
  samples: readonly PictureSample[],
): Promise<Validation> {
  const ious: number[] = [];
  for (const { rows, columns, channels, picture, boxesUnit } of samples) {
    const pictures = tf.tensor4d(picture, [1, rows, columns, channels]);
    const [found] = await module.detectTargets(pictures);
    pictures.dispose();
    boxesUnit.forEach((box, target) => {
      if (!box) return;
      const ours = foundBox(found[target]);
      ious.push(ours ? boxIou2(ours, box) : 0);
    });
  }
  const iou = ious.reduce((sum, value) => sum + value, 0) / ious.length;
  return { score: iou, metrics: { iou2d: iou } };
}
