import type { AugmentationConfig } from "../config/config.ts";
import type { LabelledImage } from "../dataset/case.ts";
import type { Random } from "../random.ts";
import { moveLabels, resampleAffine } from "../volume/affine_resample.ts";
import { eachAxis } from "../volume/box.ts";
import { viewAxes, type ViewName } from "../volume/projection.ts";
import { motionMap } from "./motion_map.ts";

/**
 * A cube moved at random in what a view cannot show: tilted about the two axes of its pictures, and
 * stretched and shifted along the line of sight. What its pictures can show, turning, size and shift
 * in their plane, is varied picture by picture.
 *
 * @param cube image and labels on one grid
 * @param random equal states give equal results
 */
export function varyDepth(
  { image, labels }: LabelledImage,
  view: ViewName,
  { rotationDegrees, scale, shift }: AugmentationConfig,
  random: Random,
): LabelledImage {
  if (rotationDegrees === 0 && scale === 0 && shift === 0) return { image, labels };
  const { depth } = viewAxes[view];
  const { shape } = image;
  const map = motionMap(shape, {
    degrees: eachAxis((axis) =>
      axis === depth ? 0 : random.uniform(-rotationDegrees, rotationDegrees)
    ),
    sizes: eachAxis((axis) => axis === depth ? 1 + random.uniform(-scale, scale) : 1),
    shifts: eachAxis((axis) => axis === depth ? random.uniform(-shift, shift) * shape[axis] : 0),
  });
  return {
    image: { ...image, data: resampleAffine(image.data, shape, 1, map) },
    labels: { ...labels, data: moveLabels(labels.data, shape, map) },
  };
}
