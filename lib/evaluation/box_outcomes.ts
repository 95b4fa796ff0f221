import { loadCase, type PreparedCase, type PreparedDataset } from "../dataset/case.ts";
import type { Organ } from "../dataset/organ.ts";
import type { Detector } from "../detector/detector.ts";
import { groundTruthRegion, organBox, organBoxOf } from "../training/organ_box.ts";
import type { Run } from "../training/run_folder.ts";
import { loadDetector } from "../training/trained_detector.ts";
import { type Box3, boxIou3 } from "../volume/box.ts";
import { maskOfLabels } from "../volume/volume.ts";
import { type RegionCeiling, regionCeilings } from "./ceilings.ts";
import { overlap } from "./overlap.ts";
import { type LoadedSegmentor, loadSegmentor } from "./run_models.ts";
import { ScanSegmenter, type SegmentedRegion } from "./segment_scan.ts";

/** What the segmentor made of one box, for one class of the organ. */
export interface BoxOutcome {
  readonly caseId: string;
  readonly className: string;
  /** 3D IoU of the box with the organ's own. */
  readonly iou3d: number;
  /** The box, before any margin. */
  readonly boxUnit: Box3;
  /** The region that was made of the box. */
  readonly roiUnit: Box3;
  /** In the scan's own grid. */
  readonly dice: number;
  readonly ceiling: RegionCeiling;
}

/**
 * Segments a case from boxes that are given instead of detected: how a segmentor copes with boxes of
 * a chosen quality, and what such boxes leave within its reach.
 *
 * @param boxesUnit boxes as a detector would find them, before the margin
 * @param regionOf the region of a box: `groundTruthRegion`, or `addMargin` as the detector does
 * @throws Error when the case has no such organ
 */
export async function boxOutcomes(
  loaded: LoadedSegmentor,
  oneCase: PreparedCase,
  organ: Organ,
  boxesUnit: readonly Box3[],
  regionOf: (boxUnit: Box3) => Box3,
): Promise<BoxOutcome[]> {
  const segmenter = new ScanSegmenter(loaded, null);
  const outcomes: BoxOutcome[] = [];
  for (const boxUnit of boxesUnit) {
    const region = await segmenter.segment(oneCase, regionOf(boxUnit));
    outcomes.push(...regionOutcomes(loaded, oneCase, organ, segmenter, { ...region, boxUnit }));
  }
  return outcomes;
}

function regionOutcomes(
  { config, edge }: LoadedSegmentor,
  { scanLabels, cubeLabels, entry }: PreparedCase,
  organ: Organ,
  segmenter: ScanSegmenter,
  { boxUnit, ...region }: SegmentedRegion & { readonly boxUnit: Box3 },
): BoxOutcome[] {
  const organBox = organBoxOf(entry, organ);
  if (organBox === null) throw new Error(`case ${entry.id} has no ${organ.name}`);
  const { roiUnit } = region;
  const found = segmenter.paste(region, scanLabels);
  const source = config.source === "scan" ? scanLabels : cubeLabels;
  const values = organ.classes.map((one) => one.values);
  const ceilings = regionCeilings(scanLabels, values, { roiUnit, edge, config, source });
  return organ.classes.map(({ name, values }, i) => ({
    caseId: entry.id,
    className: name,
    iou3d: boxIou3(boxUnit, organBox),
    boxUnit,
    roiUnit,
    dice: overlap(maskOfLabels(scanLabels, values), maskOfLabels(found, [i + 1])).dice,
    ceiling: ceilings[i],
  }));
}

/** Where the boxes of {@linkcode testOutcomes} come from, and what is run on them. */
export interface TestOutcomesOptions {
  /** The ground truth's boxes, or those that the run finds: the detector's, or of a later pass. */
  readonly mode: "groundTruthRoi" | "withCrop";
  /** Edge of the segmentor's cube; the run's own unless given. */
  readonly edge?: number;
}

/**
 * {@linkcode boxOutcomes} of a run's test cases: one for each case and class of the organ.
 *
 * @throws {UserError} when a phase that the mode needs has not finished, or the edge is not legal
 */
export async function testOutcomes(
  run: Run,
  prepared: PreparedDataset,
  { mode, edge = run.record.roiEdge }: TestOutcomesOptions,
): Promise<BoxOutcome[]> {
  const { organ, config, split } = run.record;
  const trained = await loadSegmentor(run, mode);
  const loaded = { ...trained, edge, searchEdge: Math.min(edge, trained.searchEdge) };
  let detector: Detector | null = null;
  const outcomes: BoxOutcome[] = [];
  try {
    if (mode === "withCrop") detector = await loadDetector(run);
    const segmenter = new ScanSegmenter(loaded, detector);
    for (const id of split.test) {
      const oneCase = await loadCase(prepared, id);
      const box = organBox(prepared, id, organ);
      const region = detector ? undefined : groundTruthRegion(box, config);
      const segmented = await segmenter.segment(oneCase, region);
      const boxUnit = segmented.tightUnit ?? box;
      outcomes.push(
        ...regionOutcomes(loaded, oneCase, organ, segmenter, { ...segmented, boxUnit }),
      );
    }
  } finally {
    detector?.dispose();
    loaded.parameters.dispose();
  }
  return outcomes;
}
