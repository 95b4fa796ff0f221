import type { AugmentationConfig } from "../config/config.ts";
import type { LabelledImage } from "../dataset/case.ts";
import { Random } from "../random.ts";
import { type RoiConfig, sampleRoi, sampleRoiLabels } from "../segmentor/roi.ts";
import type { Box3 } from "../volume/box.ts";
import { augmentVolume, type VolumeSample } from "./augment_volume.ts";

/** Everything that decides a sample: plain data, which can be sent to a worker. */
export interface SampleRequest {
  readonly id: string;
  /** The grid that the region is cut from: the scan's own, or that of the prepared cube. */
  readonly space: "scan" | "cube";
  readonly boxUnit: Box3;
  /** Edge of the sample's cube. */
  readonly edge: number;
  /** The label values of each class. */
  readonly classes: readonly (readonly number[])[];
  readonly roi: RoiConfig;
  /** How it is varied, and the seed of that; `null` leaves the region as it is. */
  readonly augmentation: { readonly config: AugmentationConfig; readonly seed: string } | null;
}

/** Makes the sample that is asked for: in this thread or in another. */
export type SampleMaker = (request: SampleRequest) => Promise<VolumeSample>;

/** The sample that is asked for, of its case in the space that it is cut from. */
export function makeSample({ image, labels }: LabelledImage, request: SampleRequest): VolumeSample {
  const { boxUnit, edge, classes, roi, augmentation } = request;
  const targets = sampleRoiLabels(labels, classes, boxUnit, edge, roi);
  const sample: VolumeSample = {
    shape: [edge, edge, edge],
    image: sampleRoi(image, boxUnit, edge, roi),
    labels: targets,
    channels: targets.length / edge ** 3,
  };
  if (augmentation === null) return sample;
  return augmentVolume(sample, augmentation.config, new Random(augmentation.seed));
}
