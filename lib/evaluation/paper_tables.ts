import type { ModelName } from "../config/model_name.ts";

/** The publication that the numbers of this file are copied from. */
export const paperCitation =
  "Kim, Kim, Shin. Multi-Stage Hierarchical Feature Extraction for Efficient 3D Medical Image " +
  "Segmentation. Computers, Materials & Continua 2025, doi:10.32604/cmc.2025.063815";

/** An organ of the paper's experiments. */
export type PaperOrgan = "prostate/uterus" | "spleen" | "liver";

/** A network of Tables 4 and 5 that the paper compares its own with. */
export type PaperPeer = Exclude<ModelName, "segmentor" | "slim-unetr">;

/** A row of Table 1. */
export interface PaperDetectorRow {
  readonly iou: number;
  readonly vramMib: number;
  readonly timeSeconds: number;
}

/** A row's scores of the mask. */
export interface PaperScores {
  readonly dice: number;
  readonly iou: number;
  /** Printed as mm; the public code measures voxels of the 128^3 cube. */
  readonly hd95: number;
}

/** A row of Tables 2, 3 and 4. */
export interface PaperSegmentationRow extends PaperScores, PaperDetectorRow {}

/** A row of Table 5, in millions. */
export interface PaperCostRow {
  readonly operations: number;
  readonly parameters: number;
}

/** A row of Table 6: the framework with crop. */
export interface PaperLearningRateRow extends PaperScores {
  readonly learningRate: number;
}

/** A row of Table 7: the framework with crop; memory while training, time of an iteration. */
export interface PaperBatchSizeRow extends PaperSegmentationRow {
  readonly batchSize: number;
}

/** A filter of Table 8. */
export type PaperFilter = "clahe" | "laplacian" | "sobel" | "gaussian";

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
 * Table 4: other networks, and the framework with crop as in Table 3. What edge of input the others
 * had is not plain: the table says that of the organ's size.
 */
export const paperTable4: Readonly<
  Record<PaperPeer | "framework", Readonly<Record<PaperOrgan, PaperSegmentationRow>>>
> = {
  "swin-smt": {
    "prostate/uterus": row(0.6408, 0.5092, 6.0483, 2236, 0.0614),
    spleen: row(0.8984, 0.8349, 4.6951, 3304, 0.0593),
    liver: row(0.947, 0.9039, 3.5766, 1966, 0.0569),
  },
  segformer3d: {
    "prostate/uterus": row(0.5325, 0.3992, 5.6511, 522, 0.0435),
    spleen: row(0.8266, 0.7166, 9.2172, 328, 0.0351),
    liver: row(0.9185, 0.8511, 5.1893, 464, 0.0441),
  },
  "mednext-s": {
    "prostate/uterus": row(0.7692, 0.6604, 3.1244, 3917, 0.1287),
    spleen: row(0.9369, 0.8927, 3.607, 3917, 0.106),
    liver: row(0.9617, 0.9296, 2.3248, 3917, 0.1091),
  },
  framework: paperTable3.withCrop,
};

/**
 * Table 5: the cost of the paper's own networks, the segmentor's by the edge of its input, and of
 * those that it compares with, for a whole volume of 128^3.
 */
export const paperTable5: {
  readonly detector: PaperCostRow;
  readonly peers: Readonly<
    Record<PaperPeer, PaperCostRow> & Partial<Record<ModelName, PaperCostRow>>
  >;
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

/** Table 6: the framework by its learning rate. The batch is 32, for Table 7 has the same row. */
export const paperTable6: Readonly<Record<PaperOrgan, readonly PaperLearningRateRow[]>> = {
  "prostate/uterus": [
    { learningRate: 1e-3, dice: 0.3712, iou: 0.2498, hd95: 8.1172 },
    { learningRate: 1.5e-3, dice: 0.3722, iou: 0.2509, hd95: 8.0701 },
    { learningRate: 2e-3, dice: 0.3675, iou: 0.2481, hd95: 8.094 },
  ],
  spleen: [
    { learningRate: 1e-3, dice: 0.6303, iou: 0.4923, hd95: 11.4706 },
    { learningRate: 1.5e-3, dice: 0.6379, iou: 0.4979, hd95: 11.4963 },
    { learningRate: 2e-3, dice: 0.6551, iou: 0.5159, hd95: 11.1091 },
  ],
  liver: [
    { learningRate: 1e-3, dice: 0.8669, iou: 0.7667, hd95: 4.9432 },
    { learningRate: 1.5e-3, dice: 0.8704, iou: 0.7723, hd95: 4.9499 },
    { learningRate: 2e-3, dice: 0.8639, iou: 0.7619, hd95: 5.0818 },
  ],
};

/** Table 7: the framework by its batch. The learning rate is 1.5e-3, for Table 6 has the same row. */
export const paperTable7: Readonly<Record<PaperOrgan, readonly PaperBatchSizeRow[]>> = {
  "prostate/uterus": [
    { batchSize: 64, ...row(0.3569, 0.2389, 8.2773, 2991, 0.0762) },
    { batchSize: 32, ...row(0.3722, 0.2509, 8.0701, 2846, 0.0656) },
    { batchSize: 16, ...row(0.3613, 0.2445, 8.2547, 2836, 0.0727) },
  ],
  spleen: [
    { batchSize: 64, ...row(0.6366, 0.495, 11.497, 4765, 0.0734) },
    { batchSize: 32, ...row(0.6379, 0.4979, 11.4963, 3663, 0.0723) },
    { batchSize: 16, ...row(0.6626, 0.5241, 10.8471, 3439, 0.0714) },
  ],
  liver: [
    { batchSize: 64, ...row(0.8637, 0.7621, 5.2241, 13926, 0.0786) },
    { batchSize: 32, ...row(0.8704, 0.7723, 4.9499, 8696, 0.0746) },
    { batchSize: 16, ...row(0.8626, 0.7602, 4.9568, 6083, 0.0746) },
  ],
};

/**
 * Table 8: IoU of the detector by projection and the filter after it, named as in the configuration
 * (`detector.view.kind` and `.filter`). The organ is not named. The row "Our (Average)" without a
 * filter is taken for the plain mean; the text describes the method as on centre slices.
 */
export const paperTable8: {
  readonly mean: Readonly<Record<"none" | PaperFilter, number>>;
  readonly deviation: Readonly<Record<PaperFilter, number>>;
} = {
  mean: { none: 0.403, clahe: 0.3674, laplacian: 0.3443, sobel: 0.3364, gaussian: 0.3384 },
  deviation: { clahe: 0.3534, laplacian: 0.358, sobel: 0.3489, gaussian: 0.3827 },
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
