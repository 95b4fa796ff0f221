import type { ModelName } from "../config/model_name.ts";

/** The publication that the numbers of this file are copied from. */
export const paperCitation =
  "Kim, Kim, Shin. Multi-Stage Hierarchical Feature Extraction for Efficient 3D Medical Image " +
  "Segmentation. Computers, Materials & Continua 2025, doi:10.32604/cmc.2025.063815";

/** An organ of the paper's experiments. */
export type PaperOrgan = "prostate/uterus" | "spleen" | "liver";

/** A row of Table 1. */
export interface PaperDetectorRow {
  readonly iou: number;
  readonly vramMib: number;
  readonly timeSeconds: number;
}

/** A row of Tables 2 and 3. */
export interface PaperSegmentationRow extends PaperDetectorRow {
  readonly dice: number;
  /** Printed as mm; the public code measures voxels of the 128^3 cube. */
  readonly hd95: number;
}

/** A row of Table 5, in millions. */
export interface PaperCostRow {
  readonly operations: number;
  readonly parameters: number;
}

/** The paper's word for an organ's share of the 128^3 cube, by which it chooses the input's edge. */
export const paperSizes: Readonly<Record<PaperOrgan, "small" | "medium" | "large">> = {
  "prostate/uterus": "small",
  spleen: "medium",
  liver: "large",
};

/** Table 1: the detector. */
export const paperTable1: Readonly<Record<PaperOrgan, PaperDetectorRow>> = {
  "prostate/uterus": { iou: 0.4036, vramMib: 582, timeSeconds: 0.2193 },
  spleen: { iou: 0.63, vramMib: 582, timeSeconds: 0.445 },
  liver: { iou: 0.785, vramMib: 582, timeSeconds: 0.3812 },
};

/** Table 2: the segmentor on the ground truth's regions. */
export const paperTable2: Readonly<Record<PaperOrgan, PaperSegmentationRow>> = {
  "prostate/uterus": row(0.778, 0.648, 2.4821, 456, 0.0523),
  spleen: row(0.8671, 0.7681, 2.0162, 496, 0.0574),
  liver: row(0.8957, 0.8115, 2.502, 500, 0.0476),
};

/** Table 3: the framework, on the whole volume and on the detector's regions. */
export const paperTable3: Readonly<
  Record<"withoutCrop" | "withCrop", Readonly<Record<PaperOrgan, PaperSegmentationRow>>>
> = {
  withoutCrop: {
    "prostate/uterus": row(0.6449, 0.4998, 5.0385, 521, 0.0659),
    spleen: row(0.8533, 0.7529, 3.7574, 520, 0.0672),
    liver: row(0.925, 0.8644, 4.3518, 544, 0.0637),
  },
  withCrop: {
    "prostate/uterus": row(0.3624, 0.2434, 8.0503, 516, 0.1418),
    spleen: row(0.584, 0.4479, 12.5846, 664, 0.135),
    liver: row(0.8653, 0.7649, 5.4629, 684, 0.1778),
  },
};

/**
 * Table 5: the cost of the paper's own networks, the segmentor's by the edge of its input, and of
 * those that it compares with, for a whole volume of 128^3.
 */
export const paperTable5: {
  readonly detector: PaperCostRow;
  readonly peers: Readonly<Partial<Record<ModelName, PaperCostRow>>>;
  readonly segmentor: Readonly<Record<number, PaperCostRow>>;
} = {
  detector: { operations: 13468.3649, parameters: 192.6659 },
  peers: {
    "segformer3d": { operations: 11763.7448, parameters: 4.4918 },
    "mednext-s": { operations: 196382.0272, parameters: 5.9805 },
    "swin-smt": { operations: 50834.0672, parameters: 4.7281 },
  },
  segmentor: {
    16: { operations: 40.1449, parameters: 9.3809 },
    32: { operations: 153.9072, parameters: 10.3211 },
    64: { operations: 276.0581, parameters: 10.4607 },
  },
};

/**
 * The paper's name for an organ, whatever its case; "prostate" and "uterus" are its joint class.
 *
 * @returns `undefined` for an organ that the paper does not have
 */
export function paperOrgan(name: string): PaperOrgan | undefined {
  const lower = name.toLowerCase();
  if (/^(prostate|uterus)([ /_-]+uterus)?$/.test(lower)) return "prostate/uterus";
  return lower === "spleen" || lower === "liver" ? lower : undefined;
}

function row(
  dice: number,
  iou: number,
  hd95: number,
  vramMib: number,
  timeSeconds: number,
): PaperSegmentationRow {
  return { dice, iou, hd95, vramMib, timeSeconds };
}
