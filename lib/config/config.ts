import type { ModelName } from "./model_name.ts";

/** How the pictures that the detector looks at are made from the volume. */
export interface ViewConfig {
  /**
   * `centre`: the middle slice of the axis (paper, section 3). `mean`, `deviation`: projection of
   * the whole axis (section 4.7). `slabs`: means of `slabCount` sub-regions, as channels (the
   * remedy that section 4.7 proposes).
   */
  readonly kind: "centre" | "mean" | "deviation" | "slabs";
  /** Channels of a `slabs` view; 1 for the others. */
  readonly slabCount: number;
  /** Edge of the square picture in pixels. */
  readonly edge: number;
  /** What each channel passes through at last (section 4.7, Table 8). */
  readonly filter: "none" | "clahe" | "laplacian" | "sobel" | "gaussian";
}

/** The paper's detector (Fig. 2): a modified deformable DETR for each view. */
export interface PyramidDetectorConfig {
  readonly kind: "pyramid";
  readonly backbone: "resnet34" | "resnet50" | "small";
  /** A .safetensors file with torchvision names, or "" for random weights. */
  readonly backboneWeights: string;
  /** M, the number of encoder stages. */
  readonly stageCount: number;
  readonly width: number;
  readonly heads: number;
  readonly points: number;
  readonly feedForwardWidth: number;
  /** Probability that training hides the mask input of D_M. */
  readonly maskDropRate: number;
}

/** Our detector: a small U-Net for each view that predicts the organ's silhouette. */
export interface SilhouetteDetectorConfig {
  readonly kind: "silhouette";
  /** Channels of the U-Net's levels, finest first. */
  readonly widths: readonly number[];
}

/** The detector: views, network, and what makes a region of interest out of its boxes. */
export interface DetectorConfig {
  /**
   * `organ`: the networks learn the run's organ alone. `labels`: a silhouette for every label of the
   * data set, so that one detector serves all organs, and each teaches the others where they are not.
   */
  readonly targets: "organ" | "labels";
  readonly view: ViewConfig;
  readonly network: PyramidDetectorConfig | SilhouetteDetectorConfig;
  /**
   * What becomes of a box that lies where no training case has the organ: `none`, nothing; `usual`,
   * the region takes in all places where training cases have it. So does, with `usual`, that of a
   * second try where the volume that was segmented is none that training cases have.
   */
  readonly fallback: "none" | "usual";
  /**
   * What the fused box is made of: `views`, the box of each view on its own; `hull`, the boxes of what
   * all three views agree on; `profiles`, that too, but of the two views that see an axis profiles
   * are averaged in place of walls. The last two need silhouettes.
   */
  readonly fusion: "views" | "hull" | "profiles";
  /** Growth of each face as a share of the box's edge on that axis. */
  readonly marginRelative: number;
  /** Growth of each face in voxels of the prepared cube. */
  readonly marginVoxels: number;
}

/** The segmentor (section 3.2) and how a region is brought into it and back. */
export interface SegmentorConfig {
  /** N, the number of stages; 3 in the paper. */
  readonly stageCount: number;
  /** s0 of Eq. 2: the edge of the last stage's input; 16 in the paper. */
  readonly minEdge: number;
  /** Channels of the levels, coarse last; N + 1 of them. */
  readonly channels: readonly number[];
  /** Refine blocks of each level. */
  readonly blocks: readonly number[];
  readonly heads: readonly number[];
  /** Subsampling r of the attention of each level. */
  readonly strides: readonly number[];
  /**
   * Channels of a level at the image's own resolution, which looks at the image before the stages and
   * corrects the logits after them; 0 for none, as published.
   */
  readonly fineWidth: number;
  /** Dropout at the bottleneck while training. */
  readonly dropout: number;
  /** Keep the published quirk: the bottleneck's buffer is re-read as channels-first. */
  readonly rereadBottleneck: boolean;
  /** GroupNorm after the exit of stage 1, as published. */
  readonly normalizeLogits: boolean;
  /** Edge of the input cube: Eq. 3 for the organ's ROI, or a fixed number. */
  readonly edge: "auto" | number;
  /** What Eq. 3 measures the ROI in: voxels of the prepared cube, or of the scan itself. */
  readonly edgeSpace: "cube" | "scan";
  /** Eq. 2 as written takes the largest cube that the ROI fills: `down`; `up` loses no voxel. */
  readonly edgeRounding: "down" | "up";
  /** What a region, or the whole volume, is sampled from: the prepared cube, or the scan itself. */
  readonly source: "cube" | "scan";
  /** `linear`: trilinear point samples. `area`: trilinear with the support widened to the step. */
  readonly kernel: "linear" | "area";
  /** Training labels: the share of the organ at a sample, or 0 and 1 by nearest neighbour. */
  readonly labels: "soft" | "nearest";
  /** Way back of the result: logits trilinear, then threshold; or mask by nearest neighbour. */
  readonly paste: "logits" | "nearest";
  /**
   * How often a region that the detector found is looked at, at most: from the second time on, the
   * region is that of the result before. It ends early where the region holds still.
   */
  readonly passes: number;
  /**
   * How many stages more the first of several passes skips, a search for the region of the next one:
   * each halves its cube's edge. A network of one edge, which all but the segmentor are, skips none.
   */
  readonly searchSkips: number;
  /**
   * Keep only the largest connected component of each class; of one whose training labels come in
   * several pieces, such as both kidneys, as many.
   */
  readonly largestComponent: boolean;
}

/**
 * Random changes of the training samples. The detector's pictures vary in their plane as they are drawn;
 * the rest of a rotation, a change of size or a shift, and the contrast of organs, are drawn once, for
 * some variants of each case's cube.
 */
export interface AugmentationConfig {
  /** Axes that may be flipped, as patient directions: x is left-right. */
  readonly flipAxes: readonly ("x" | "y" | "z")[];
  /** Largest rotation in degrees. */
  readonly rotationDegrees: number;
  /** Largest relative change of size. */
  readonly scale: number;
  /** Largest shift as a share of the picture's edge. */
  readonly shift: number;
  /** Largest relative change of contrast, and largest change of brightness, of the [0, 1] range. */
  readonly intensity: number;
  /** Largest change of the logarithm of the exponent by which intensities are raised. */
  readonly gamma: number;
  /**
   * Largest change of the logarithm of the organ's own intensity; in the detector's pictures, of that
   * of each label.
   */
  readonly organContrast: number;
  /** Standard deviation of the added noise, at most. */
  readonly noise: number;
  /** Number of boxes of an eighth of the edge that are blanked (coarse dropout). */
  readonly dropoutBoxes: number;
}

/** One phase of training. */
export interface PhaseConfig {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly warmupEpochs: number;
  /** Largest global norm of the gradient; 0 turns clipping off. */
  readonly clipNorm: number;
  /** Decay of the moving average of the weights per step; 0 turns it off. */
  readonly emaDecay: number;
  /** Validations without a better score after which training stops; 0 turns it off. */
  readonly patience: number;
  /** Epochs between two validations. */
  readonly validateEvery: number;
  /** Each training case is drawn this many times in an epoch. */
  readonly repeats: number;
  readonly loss: "diceCrossEntropy" | "diceFocal" | "boxL1Giou" | "silhouette";
  readonly augmentation: AugmentationConfig;
}

/** How the segmentor's training regions are made. */
export interface RoiTrainingConfig {
  /** Grow a ground-truth box by the detector's margin, as its own boxes are, or leave it tight. */
  readonly groundTruthMargin: boolean;
  /** Share of fine-tuning samples whose region is a ground-truth box and not a detector's. */
  readonly groundTruthShare: number;
  /**
   * Share of samples whose region is the one that `detector.fallback` gives a box in an unusual place:
   * the organ's box and all places where training cases have it.
   */
  readonly fallbackShare: number;
  /** Mean standard deviation of a random shift of each face, as a share of the box's edge. */
  readonly faceJitter: number;
  /** The most that it comes to, as a share of the volume's edge. */
  readonly faceJitterLimit: number;
  /**
   * `one`: every region becomes a cube of the organ's edge (Eq. 3). `all`: of any legal edge, drawn
   * for each sample, so that one set of weights serves all of them.
   */
  readonly edges: "one" | "all";
}

/** Everything that decides a run's result, data apart. */
export interface RunConfig {
  readonly preset: PresetName;
  /** What segments a region or a volume: the paper's network, or one that it is compared with. */
  readonly model: ModelName;
  /** A .safetensors file with PyTorch's names that training starts from, or "" for random weights. */
  readonly modelWeights: string;
  readonly seed: number;
  /** Edge of the prepared cube; 128 in the paper. */
  readonly cubeEdge: number;
  readonly detector: DetectorConfig;
  readonly segmentor: SegmentorConfig;
  readonly roiTraining: RoiTrainingConfig;
  readonly phases: Readonly<Record<PhaseName, PhaseConfig>>;
}

/** The presets' names. */
export type PresetName = "paper" | "focus" | "tiny";
/** The phases of training, in order; `whole` is the comparison without a detector. */
export const phaseNames = ["detector", "segmentor", "finetune", "whole"] as const;
export type PhaseName = typeof phaseNames[number];
/** The paper's order of training (section 3): detector, segmentor, fine-tuning of the segmentor. */
export const paperPhases: readonly PhaseName[] = ["detector", "segmentor", "finetune"];
