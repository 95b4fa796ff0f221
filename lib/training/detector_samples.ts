import type { AugmentationConfig, DetectorConfig } from "../config/config.ts";
import type { LabelledImage } from "../dataset/case.ts";
import { makeView, viewChannels, viewTarget } from "../detector/views.ts";
import { UserError } from "../errors.ts";
import { once } from "../once.ts";
import { Random } from "../random.ts";
import { interleave } from "../volume/channels.ts";
import type { ViewName } from "../volume/projection.ts";
import { type Mask, maskOfLabels, type Volume } from "../volume/volume.ts";
import { hasTarget, type PictureSample } from "./augment_picture.ts";
import { targetLabels } from "./detector_targets.ts";
import { changeLabels } from "./organ_contrast.ts";
import type { Run } from "./run_folder.ts";
import { varyDepth } from "./vary_depth.ts";

/** The pictures of a case in a view. */
export interface CasePictures {
  readonly own: PictureSample;
  /**
   * What training draws from: the case's own picture, and variants of its cube that the picture itself
   * cannot tell how they would look. Made when they are first asked for.
   */
  all(): Promise<readonly PictureSample[]>;
}

/** What a view's module is trained on. */
export interface DetectorSamples {
  readonly samples: ReadonlyMap<string, CasePictures>;
  readonly split: { readonly training: readonly string[]; readonly validation: readonly string[] };
  /** Ids of cases that were left out, because nothing that is to be found is in their cube. */
  readonly without: readonly string[];
}

/**
 * The pictures of a run's training and validation cases in a view. A label may be so thin that the cube
 * has lost it: a case without any is left out.
 *
 * @throws {UserError} when no training case is left
 */
export async function detectorSamples(
  { record }: Run,
  view: ViewName,
  cubeOf: (id: string) => Promise<LabelledImage>,
): Promise<DetectorSamples> {
  const { split, config: { seed, detector, phases } } = record;
  const targets = targetLabels(record);
  const count = variantCount(record, targets.length);
  const random = new Random(seed).fork("variants");
  const picture = ({ image, labels }: LabelledImage) =>
    makePictureSample(
      image,
      targets.map((values) => maskOfLabels(labels, values)),
      view,
      detector.view,
    );
  const samples = new Map<string, CasePictures>();
  for (const id of [...split.training, ...split.validation]) {
    const own = picture(await cubeOf(id));
    if (!hasTarget(own)) continue;
    const all = once(async () => {
      const cube = await cubeOf(id);
      const { augmentation } = phases.detector;
      const variants = cubeVariants(cube, view, augmentation, count, random.fork(id));
      return [own, ...Array.from(variants, picture).filter(hasTarget)];
    });
    samples.set(id, { own, all });
  }
  const kept = (ids: readonly string[]) => ids.filter((id) => samples.has(id));
  const [training, validation] = [kept(split.training), kept(split.validation)];
  if (training.length === 0) {
    throw new UserError({
      what: "cannot train the detector",
      rule: `some training case must have ${record.organ.name} in its prepared cube`,
      seen: "lost in all of them: it is thinner than the cube's voxels",
      remedy: "Prepare with a larger --cube, or train on whole volumes (--phase whole)",
    });
  }
  const without = [...split.training, ...split.validation].filter((id) => !samples.has(id));
  return { samples, split: { training, validation }, without };
}

/**
 * The picture of a case in a view, and what the detector is to find in it.
 *
 * @param masks one for each target
 */
export function makePictureSample(
  cubeImage: Volume,
  masks: readonly Mask[],
  view: ViewName,
  config: DetectorConfig["view"],
): PictureSample {
  const targets = masks.map((mask) => viewTarget(mask, view, config.edge));
  return {
    rows: config.edge,
    columns: config.edge,
    channels: viewChannels(config),
    silhouettes: interleave(targets.map(({ silhouette }) => silhouette)),
    boxesUnit: targets.map(({ boxUnit }) => boxUnit),
    picture: makeView(cubeImage, view, config),
  };
}

/** Enough that a case is hardly seen alike twice. */
const mostVariants = 40;
/** Of the variants of all cases together. */
const variantBytes = 8e8;

/** Variants of each case: no more than are drawn, and with many cases than memory allows. */
function variantCount({ config, split }: Run["record"], targets: number): number {
  const { detector: { view }, phases: { detector: { epochs, repeats } } } = config;
  const bytes = view.edge ** 2 * (viewChannels(view) + targets) * Float32Array.BYTES_PER_ELEMENT;
  const fitting = Math.floor(variantBytes / (bytes * split.training.length));
  return Math.max(1, Math.min(mostVariants, epochs * repeats, fitting));
}

/** A cube with its organs' contrast changed, and moved in what the view cannot show. */
function* cubeVariants(
  cube: LabelledImage,
  view: ViewName,
  augmentation: AugmentationConfig,
  count: number,
  random: Random,
): Generator<LabelledImage> {
  const { organContrast, rotationDegrees, scale, shift } = augmentation;
  if ([organContrast, rotationDegrees, scale, shift].every((most) => most === 0)) return;
  for (let i = 0; i < count; i++) {
    const moved = varyDepth(cube, view, augmentation, random.fork(`depth ${view} ${i}`));
    const image = changeLabels(moved.image, moved.labels, organContrast, random.fork(i));
    yield { ...moved, image };
  }
}
