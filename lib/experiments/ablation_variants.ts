import { phaseNames } from "../config/config.ts";
import type { Variant } from "./plan_options.ts";

/** Sets a key of all phases that train a segmentor. */
function segmentorPhases(key: string, value: string | number): string[] {
  return ["segmentor", "finetune", "whole"].map((phase) => `phases.${phase}.${key}=${value}`);
}

function allPhases(key: string, value: string | number): string[] {
  return phaseNames.map((phase) => `phases.${phase}.${key}=${value}`);
}

/**
 * The preset `focus`, then `focus` with one ingredient taken away or put back to the paper's choice.
 * What only the segmentor reads leaves the detector as it is, which is then trained once for all.
 */
export const ablationVariants: readonly Variant[] = [
  variant("focus", [], "what the others are compared with"),
  variant(
    "centre slice",
    ["detector.view.kind=centre", "detector.view.slabCount=1"],
    "the paper's views: one slice an axis, which an organ off the centre is not in",
  ),
  variant(
    "mean projection",
    ["detector.view.kind=mean", "detector.view.slabCount=1"],
    "one picture of the whole axis in place of 16 slabs",
  ),
  variant(
    "paper's detector",
    [
      "detector.network=paper",
      "detector.targets=organ",
      "detector.fusion=views",
      "phases.detector=paper",
    ],
    "a box from deformable attention in place of a silhouette; random backbone unless weights are set",
  ),
  variant(
    "a detector for each organ",
    ["detector.targets=organ"],
    "its silhouettes are learned without those of the other organs",
  ),
  variant(
    "margin of 12 voxels",
    ["detector.marginRelative=0", "detector.marginVoxels=12"],
    "the fixed margin of our preset paper in place of one in proportion to the box",
  ),
  variant(
    "no margin",
    ["detector.marginRelative=0", "detector.marginVoxels=0"],
    "what the detector's wall errors cut off",
  ),
  variant(
    "region from the cube",
    ["segmentor.source=cube", "segmentor.edgeSpace=cube"],
    "the 128^3 copy in place of the scan's own detail",
  ),
  variant("edge rounded down", ["segmentor.edgeRounding=down"], "Eq. 2 as written"),
  variant("point samples", ["segmentor.kernel=linear"], "voxels between samples are not seen"),
  variant(
    "hard labels",
    ["segmentor.labels=nearest", "segmentor.paste=nearest"],
    "nearest neighbour on both ways",
  ),
  variant("one pass", ["segmentor.passes=1"], "the first region is the last"),
  variant(
    "no search",
    ["segmentor.searchSkips=0"],
    "the first pass is in the organ's own cube, too",
  ),
  variant(
    "no fallback",
    ["detector.fallback=none", "roiTraining.fallbackShare=0"],
    "a box in an unusual place is taken as it is",
  ),
  variant(
    "walls averaged",
    ["detector.fusion=hull"],
    "each view's own walls, in place of those of the mean profile",
  ),
  variant("each view alone", ["detector.fusion=views"], "boxes are fused, silhouettes are not"),
  variant("all components", ["segmentor.largestComponent=false"], "islands are kept"),
  variant(
    "published quirks",
    ["segmentor.rereadBottleneck=true", "segmentor.normalizeLogits=true"],
    "the re-read bottleneck and the norm behind the exit",
  ),
  variant("no fine level", ["segmentor.fineWidth=0"], "the finest features have 4 voxels' edge"),
  variant(
    "tight training boxes",
    ["roiTraining.groundTruthMargin=false"],
    "the segmentor is trained without the margin that it gets at test",
  ),
  variant("no jitter", ["roiTraining.faceJitter=0"], "training regions without wall errors"),
  variant(
    "jitter by size alone",
    ["roiTraining.faceJitter=0.08", "roiTraining.faceJitterLimit=1"],
    "training walls err by a share of the box, less for a small organ than a detector's",
  ),
  variant(
    "fine-tuning on detections only",
    ["roiTraining.groundTruthShare=0"],
    "the paper's fine-tuning: boxes of cases that the detector has seen",
  ),
  variant(
    "no augmentation",
    ["rotationDegrees", "scale", "shift", "intensity", "gamma", "organContrast", "noise"].flatMap((
      key,
    ) => allPhases(`augmentation.${key}`, 0)),
    "few cases, each the same every time",
  ),
  variant(
    "paper's augmentation",
    segmentorPhases("augmentation", "paper"),
    "flips and blanked boxes in place of rotation, size, shift and intensity",
  ),
  variant(
    "one look an epoch",
    segmentorPhases("repeats", 1),
    "as many epochs, half of the steps",
  ),
  variant(
    "paper's learning rate",
    ["phases.segmentor.learningRate=1.5e-3", "phases.finetune.learningRate=3e-4"],
    "1.5e-3, and 3e-4 in fine-tuning",
  ),
  variant("no clipping", allPhases("clipNorm", 0), "a gradient may be of any length"),
  variant("no moving average", allPhases("emaDecay", 0), "the last steps' own weights"),
  variant("Dice + focal loss", segmentorPhases("loss", "diceFocal"), "the loss of `paper`"),
  variant(
    "paper's batch",
    segmentorPhases("batchSize", 32),
    "32 cases a step in place of 2: as many epochs, far fewer steps",
  ),
  { name: "paper", preset: "paper", changes: [], why: "all of the paper's choices at once" },
];

function variant(name: string, changes: readonly string[], why: string): Variant {
  return { name, preset: "focus", changes, why };
}
