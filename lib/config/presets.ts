import type { AugmentationConfig, PhaseConfig, PresetName, RunConfig } from "./config.ts";

// Every value ends in its source: a section, table or equation of the paper (Kim, Kim, Shin 2025,
// doi:10.32604/cmc.2025.063815), another publication, or `ours:` and why.

const noAugmentation: AugmentationConfig = {
  flipAxes: [], // section 4.1 names none
  rotationDegrees: 0, // section 4.1 names none
  scale: 0, // section 4.1 names none
  shift: 0, // section 4.1 names none
  intensity: 0, // section 4.1 names none
  gamma: 0, // section 4.1 names none
  organContrast: 0, // section 4.1 names none
  noise: 0, // section 4.1 names none
  dropoutBoxes: 0, // section 4.1 names none
};

const paperDetectorPhase: PhaseConfig = {
  epochs: 200, // ours: the paper gives no number
  batchSize: 32, // Table 7, best for small and large organs
  learningRate: 5e-5, // ours, half of DETR's, for a pretrained backbone; from random weights 2e-4
  weightDecay: 0.05, // ours: as for the segmentor
  beta1: 0.9, // ours: AdamW's default
  beta2: 0.95, // ours: as for the segmentor
  warmupEpochs: 5, // ours: transformers diverge without
  clipNorm: 0.1, // Carion 2020 (DETR), appendix A.4
  emaDecay: 0, // the paper names none
  patience: 0, // the paper names none
  validateEvery: 5, // ours: validation costs a pass over the cases
  repeats: 1, // an epoch sees each case once
  loss: "boxL1Giou", // Zhu 2020 (deformable DETR, the paper's reference 31)
  augmentation: noAugmentation, // section 4.1 names none
};

const paperSegmentorPhase: PhaseConfig = {
  epochs: 200, // ours: the paper gives no number
  batchSize: 32, // Table 7, best for small and large organs
  learningRate: 1.5e-3, // Table 6, best for small and large organs
  weightDecay: 0.05, // ours: the paper is silent; the value of Slim UNETR's recipe
  beta1: 0.9, // ours: AdamW's default
  beta2: 0.95, // ours: Slim UNETR's recipe
  warmupEpochs: 5, // ours: Slim UNETR's recipe, then cosine
  clipNorm: 0, // the paper names none
  emaDecay: 0, // the paper names none
  patience: 0, // the paper names none
  validateEvery: 5, // ours: validation costs a pass over the cases
  repeats: 1, // an epoch sees each case once
  loss: "diceFocal", // ours: the paper is silent; as in Slim UNETR's recipe
  augmentation: {
    ...noAugmentation,
    flipAxes: ["x", "y", "z"], // ours: the paper is silent; flips as in Slim UNETR's recipe
    dropoutBoxes: 4, // ours: the paper is silent; coarse dropout as in Slim UNETR's recipe
  },
};

const paper: RunConfig = {
  preset: "paper",
  model: "segmentor", // section 3.2
  modelWeights: "", // the paper trains from random weights
  seed: 0, // ours: the paper gives none
  cubeEdge: 128, // section 4.1
  detector: {
    targets: "organ", // section 3.1: trained for an organ
    view: {
      kind: "centre", // sections 3.1 and 4.1: slices from the centre of each axis
      slabCount: 1, // one slice
      edge: 128, // section 4.3: "2D images at 128 x 128"
      filter: "none", // Table 8: every filter lowers the IoU
    },
    network: {
      kind: "pyramid", // Fig. 2
      backbone: "resnet34", // section 3.1: "a backbone network pre-trained on general images", unnamed
      backboneWeights: "", // ours: no weights are shipped; give a file of torchvision's
      stageCount: 4, // ours: M is not given; F_M is 2 x 2 for a picture of 128
      width: 256, // Zhu 2020, section A.4
      heads: 8, // Zhu 2020, section A.4
      points: 4, // Zhu 2020, section A.4
      feedForwardWidth: 1024, // Zhu 2020, section A.4
      maskDropRate: 0.5, // ours: the mask is an input in training only, so the net must do without
    },
    fallback: "none", // the paper names none
    fusion: "views", // section 3.1: the 3D box is computed from the boxes of the views
    marginRelative: 0, // the paper names none
    marginVoxels: 12, // ours: the paper names none
  },
  segmentor: {
    stageCount: 3, // section 4.1: inputs of 64, 32 and 16
    minEdge: 16, // section 4.1: smallest input
    channels: [24, 48, 60, 96], // Slim UNETR (the paper's reference 36)
    blocks: [1, 2, 3, 2], // Slim UNETR
    heads: [1, 2, 4, 4], // Slim UNETR
    strides: [4, 2, 2, 1], // Slim UNETR
    fineWidth: 0, // Slim UNETR has none
    dropout: 0.3, // Slim UNETR
    rereadBottleneck: true, // Slim UNETR as published
    normalizeLogits: true, // Slim UNETR as published
    edge: "auto", // Eq. 3
    edgeSpace: "cube", // ours: section 4.1 resizes to 128 first, and says "proportion" without saying of what
    edgeRounding: "down", // Eq. 2: V0 >= 2^(N-k) s0
    source: "cube", // section 4.1: everything is resized to 128 first
    kernel: "linear", // ours: the paper says "resized"
    labels: "nearest", // ours: the paper says "resized"; nearest is usual for masks
    paste: "nearest", // ours: the paper says nothing; the counterpart of `labels`
    passes: 1, // section 3: the segmentor runs once
    searchSkips: 0, // no pass searches
    largestComponent: false, // the paper names none
  },
  roiTraining: {
    groundTruthMargin: false, // section 4.3: "cropped with ground truth ROIs"
    groundTruthShare: 0, // section 3: fine-tuning uses the ROI extracted by the detector
    fallbackShare: 0, // the paper names none
    faceJitter: 0, // the paper names none
    faceJitterLimit: 1, // none
    edges: "one", // section 4.1: each organ has its size
  },
  phases: {
    detector: paperDetectorPhase,
    segmentor: paperSegmentorPhase,
    finetune: {
      ...paperSegmentorPhase,
      epochs: 50, // ours: the paper gives no number
      learningRate: 3e-4, // ours: a fifth of the first phase's
    },
    whole: paperSegmentorPhase,
  },
};

const focusAugmentation: AugmentationConfig = {
  flipAxes: [], // ours: organs have a side
  rotationDegrees: 12, // ours: the tilt of a lying patient
  scale: 0.15, // ours: the spread of adult bodies
  shift: 0.06, // ours: small against a margin, large against a wall error
  intensity: 0.2, // ours: scanner and sequence differ
  gamma: 0.3, // ours: coils and fillings bend the scale, too
  organContrast: 1.2, // ours: iron, fat and contrast agents change an organ against its neighbours
  noise: 0.03, // ours: about what the scans have
  dropoutBoxes: 0, // ours: it did not help
};

const focusSegmentorPhase: PhaseConfig = {
  epochs: 160, // ours: on CHAOS' liver 0.010 of Dice with crop over 80
  batchSize: 2, // ours: more steps for few cases: on CHAOS' liver 0.02 of Dice over 4
  learningRate: 2e-3, // Table 6, best for medium organs
  weightDecay: 0.05, // as `paper`
  beta1: 0.9, // as `paper`
  beta2: 0.95, // as `paper`
  warmupEpochs: 5, // as `paper`
  clipNorm: 1, // ours: a small batch is noisy
  emaDecay: 0.99, // ours: smooths the last epochs of a small set
  patience: 0, // ours: cosine wants its end
  validateEvery: 5, // ours: validation costs a pass over the cases
  repeats: 2, // ours: two augmented samples of a case in an epoch
  loss: "diceCrossEntropy", // Isensee 2021 (nnU-Net)
  augmentation: focusAugmentation,
};

const focus: RunConfig = {
  ...paper,
  preset: "focus",
  detector: {
    targets: "labels", // ours: a few cases teach more with all their organs; one detector for all
    view: {
      kind: "slabs", // section 4.7 proposes it as the remedy: projections of sub-regions
      slabCount: 16, // ours: 8 voxels of the cube each, thinner than the small organs
      edge: 128, // as `paper`
      filter: "none", // as `paper`
    },
    network: {
      kind: "silhouette", // ours: dense targets learn from few cases where a box does not
      widths: [16, 32, 64, 96], // ours: under 1 GMAC for the three views
    },
    fallback: "usual", // ours: a box in the wrong place loses the whole organ
    fusion: "profiles", // ours: three views take no cyst for a kidney; the surer one sets a wall
    marginRelative: 0.12, // ours: covers the wall error of most cases
    marginVoxels: 1, // ours: half a pixel of the picture is lost to its resolution
  },
  segmentor: {
    ...paper.segmentor,
    fineWidth: 8, // ours: walls lie finer than the first stage's four voxels (two behind a gate)
    rereadBottleneck: false, // ours: positions and channels keep their meaning
    normalizeLogits: false, // ours: a normalised logit cannot say "nothing here"
    edgeSpace: "scan", // ours: the cube is chosen by the detail that the scan holds
    edgeRounding: "up", // ours: no voxel of the scan is lost
    source: "scan", // ours: the 128 cube has lost in-plane detail
    kernel: "area", // ours: every voxel of the ROI counts
    labels: "soft", // ours: nearest costs 0.06 of Dice on the phantom's spleen at 16^3 (notebook 3)
    paste: "logits", // ours: the counterpart of soft labels
    passes: 3, // ours: a search, for it sees the walls better than the views do; a third if need be
    searchSkips: 1, // ours: to tell the walls half of the detail is enough
    largestComponent: true, // ours: an organ is one piece, or as many as in training
  },
  roiTraining: {
    groundTruthMargin: true, // ours: training sees what the detector will give
    groundTruthShare: 0.3, // ours: the tight box anchors what the detector's boxes vary
    fallbackShare: 0.1, // ours: the first pass must find the organ in a region that is far too large
    faceJitter: 0.2, // ours: a detector's wall error on a case that it has not seen,
    faceJitterLimit: 0.05, // ours: which does not grow with the organ
    edges: "one", // as `paper`
  },
  phases: {
    detector: {
      ...focusSegmentorPhase,
      epochs: 360, // ours: its cubes vary; on CHAOS up to 0.07 of 3D IoU over 120
      batchSize: 4, // ours: pictures cost little
      learningRate: 2e-3, // ours: as for the segmentor
      repeats: 1, // ours: one augmented sample of a case in an epoch
      loss: "silhouette", // ours: see the network
      augmentation: {
        ...focusAugmentation,
        scale: 0.25, // ours: fields of view differ in length by as much
        shift: 0.12, // ours: and in their place
        intensity: 0.3, // ours: a cyst may darken all else
        gamma: 0.5, // ours: likewise
      },
    },
    segmentor: focusSegmentorPhase,
    finetune: {
      ...focusSegmentorPhase,
      epochs: 80, // ours: half of the first phase, since half of it is for the cube of the search
      learningRate: 5e-4, // ours: a quarter of the first phase's
    },
    whole: {
      ...focusSegmentorPhase,
      epochs: 80, // ours: a volume costs as much as eight regions
    },
  },
};

const tinyPhase: PhaseConfig = {
  ...focusSegmentorPhase,
  epochs: 2, // ours: a test wants the path, not the result
  warmupEpochs: 1, // ours: half of the epochs
  validateEvery: 1, // ours: so that the path is walked
};

const tiny: RunConfig = {
  ...focus,
  preset: "tiny",
  cubeEdge: 32, // ours: small is quick
  detector: {
    ...focus.detector,
    view: { kind: "slabs", slabCount: 4, edge: 32, filter: "none" }, // ours: small is quick
    network: { kind: "silhouette", widths: [4, 8] }, // ours: small is quick
  },
  segmentor: {
    ...focus.segmentor,
    channels: [4, 8, 8, 8], // ours: small is quick
    blocks: [1, 1, 1, 1], // ours: small is quick
    heads: [1, 2, 2, 2], // ours: small is quick
    fineWidth: 4, // ours: small is quick
    edge: 16, // ours: small is quick
  },
  phases: {
    detector: { ...tinyPhase, loss: "silhouette" },
    segmentor: tinyPhase,
    finetune: tinyPhase,
    whole: tinyPhase,
  },
};

/**
 * The presets: `paper` is the paper's method as near as its text allows, `focus` what we recommend,
 * `tiny` for tests.
 */
export const presets: Readonly<Record<PresetName, RunConfig>> = { paper, focus, tiny };
