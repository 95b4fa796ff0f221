import type { VolumeChoice } from "../volume/nifti_read.ts";

/** What a scan was made with. Everything that is not CT is normalised as MR is. */
export type Modality = "ct" | "mr";

/** The part of a data set that its makers put a case in. */
export type Subset = "training" | "validation" | "test";

/** How a data set lies on the disk. */
export type Layout = "amos" | "msd" | "nnunet" | "pair";

/** A scan, mostly with the labels drawn on it. The files need not exist. */
export interface DatasetCase {
  /** Unique in the data set; fit to name a folder. */
  readonly id: string;
  readonly imagePath: string;
  /** Which volume of an image file of several is used (its channel); undefined for one of one. */
  readonly imageVolume?: number;
  /** Whether `--channel` can say so; where unset, it has. */
  readonly canChooseVolume?: boolean;
  /** The channel that `imagePath` has, where each has a file of its own; undefined for one of one. */
  readonly imageChannel?: number;
  readonly labelPath: string | null;
  readonly modality: Modality;
  readonly subset: Subset;
}

/** How the volume of a case's image is chosen, and whether by `--channel`. */
export function volumeChoice(
  { imageVolume, canChooseVolume = imageVolume !== undefined }: DatasetCase,
): VolumeChoice {
  return { volume: imageVolume, canChoose: canChooseVolume };
}

/** A folder of scans, as its description has it. */
export interface Dataset {
  /** The folder's name. */
  readonly name: string;
  readonly layout: Layout;
  readonly root: string;
  /**
   * Label values by name, background (0) apart. Empty where the data set does not declare them;
   * labels then go by their numbers.
   */
  readonly labels: Readonly<Record<string, number>>;
  /** By subset, then by id. */
  readonly cases: readonly DatasetCase[];
  /** Label files to which no image belongs. */
  readonly unpairedLabels: readonly string[];
  /** Number of training cases that the description declares; null where it does not. */
  readonly declaredTraining: number | null;
}
