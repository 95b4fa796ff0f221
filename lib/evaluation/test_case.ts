import type { SegmentorConfig } from "../config/config.ts";
import type { ManifestEntry, PrepareSettings } from "../dataset/manifest.ts";
import type { Organ, OrganClass } from "../dataset/organ.ts";
import { stateIfUnchanged } from "../dataset/prepare_case.ts";
import { readScanImages, type ScanImages } from "../dataset/scan_images.ts";
import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { organBoxOf } from "../training/organ_box.ts";
import { type Box3, boxIou3, eachAxis } from "../volume/box.ts";
import type { NiftiHeader } from "../volume/nifti_header.ts";
import { readLabels } from "../volume/nifti_read.ts";
import { writeLabels } from "../volume/nifti_write.ts";
import { fromRas, type Orientation, toRas } from "../volume/orientation.ts";
import { sampleLabelsNearest } from "../volume/resample.ts";
import {
  type LabelVolume,
  type Mask,
  maskOfLabels,
  spacingMm,
  type Triple,
} from "../volume/volume.ts";
import { scoreMasks } from "./case_scores.ts";
import { perfectResult } from "./ceilings.ts";
import { roiCoverage, scoreDetection } from "./detector_iou.ts";
import { overlap } from "./overlap.ts";
import type { CaseResult, EvaluationMode, EvaluationSpace, Times } from "./records.ts";
import type { SegmentedRegion } from "./segment_scan.ts";
import { Stopwatch } from "./stopwatch.ts";

/** A test case as it is read from its source. */
export interface TestCase extends ScanImages {
  readonly entry: ManifestEntry;
  readonly labels: Readonly<Record<EvaluationSpace, LabelVolume>>;
  readonly readMs: number;
  /** Of the source file, for the way back. */
  readonly orientation: Orientation;
  readonly header: NiftiHeader;
}

/**
 * Reads a test case from its source files.
 *
 * @throws {UserError} when one is gone, damaged, or not what was prepared
 */
export async function readTestCase(
  entry: ManifestEntry,
  settings: PrepareSettings,
): Promise<TestCase> {
  const watch = new Stopwatch<"read">();
  const { imagePath, imageVolume: volume, modality, labelPath, source } = entry;
  for (const [path, state] of [[imagePath, source.image], [labelPath, source.labels]] as const) {
    if (await stateIfUnchanged(path, state) || !await exists(path)) continue; // reading says: missing
    throw new UserError({
      what: `cannot evaluate ${entry.id}`,
      rule: `${path} must be what it was when it was prepared: regions were read from it then`,
      seen: "changed",
      remedy: "Prepare the data set again, and train again if it was trained on",
    });
  }
  const { images, orientation, header } = await watch.time(
    "read",
    () => readScanImages(imagePath, { volume, modality, settings }),
  );
  const scan = toRas((await readLabels(labelPath)).labels).volume;
  const whole = { min: [0, 0, 0], max: scan.shape } as const;
  const edges: Triple = [settings.cubeEdge, settings.cubeEdge, settings.cubeEdge];
  const cube = sampleLabelsNearest(scan, whole, edges);
  const readMs = watch.timesMs().read ?? 0;
  return { ...images, entry, labels: { cube, scan }, readMs, orientation, header };
}

/** What was found of an organ in a test case. */
export interface FoundOrgan {
  readonly organ: Organ;
  readonly mode: EvaluationMode;
  readonly space: EvaluationSpace;
  readonly segmented: SegmentedRegion;
  /** The mask of a class, the i-th of the organ, on the labels of the space. */
  maskOf(one: OrganClass, i: number): Mask;
  /** How the segmentor's cube is sampled and brought back: for the ceiling, none without. */
  readonly sampling?: SegmentorConfig;
  /** All but reading. */
  readonly timesMs: Times;
  readonly toleranceMm: number;
}

/** Every measure of an organ in a test case: a row for each of its classes. */
export function scoreOrgan(testCase: TestCase, found: FoundOrgan): CaseResult[] {
  const { organ, mode, space, segmented, sampling, timesMs, toleranceMm } = found;
  const { entry, labels, readMs } = testCase;
  const shared = {
    caseId: entry.id,
    organ: organ.name,
    mode,
    space,
    ...detectionScores(segmented, organBoxOf(entry, organ), testCase),
    roiUnit: segmented.roiUnit,
    edge: segmented.edge,
    stage: segmented.stage,
    passes: segmented.passes,
    searches: segmented.searches,
    timesMs: { read: readMs, ...timesMs },
  };
  const perfect = sampling === undefined || space === "cube" ? null : perfectResult(
    labels.scan,
    organ.classes.map(({ values }) => values),
    {
      roiUnit: segmented.roiUnit,
      edge: segmented.edge,
      config: sampling,
      source: sampling.source === "cube" ? labels.cube : labels.scan,
    },
  );
  return organ.classes.map((one, i) => {
    const truth = maskOfLabels(labels[space], one.values);
    return {
      ...shared,
      className: one.name,
      ...scoreMasks(truth, found.maskOf(one, i), toleranceMm),
      roiCoverage: roiCoverage(truth, segmented.roiUnit),
      ...(perfect && { diceCeiling: overlap(truth, maskOfLabels(perfect, [i + 1])).dice }),
    };
  });
}

/** Writes labels of the data set's values into the grid and header of the case's image file. */
export async function writeMask(
  path: string,
  labels: LabelVolume,
  { orientation, header }: TestCase,
): Promise<void> {
  await writeLabels(path, fromRas(labels, orientation), { like: header });
}

function detectionScores(
  { detection, tightUnit: regionUnit }: SegmentedRegion,
  tightUnit: Box3 | null,
  { labels: { scan } }: TestCase,
): Pick<CaseResult, "detectorIou2d" | "detectorIou3d" | "regionIou3d" | "wallErrorMm"> {
  if (detection === null) {
    return { detectorIou2d: NaN, detectorIou3d: NaN, regionIou3d: NaN, wallErrorMm: NaN };
  }
  const spacing = spacingMm(scan);
  const extentMm = eachAxis((axis) => scan.shape[axis] * spacing[axis]);
  const { iou2d, iou3d, wallErrorMm } = scoreDetection(tightUnit, detection, extentMm);
  const regionIou3d = tightUnit && regionUnit ? boxIou3(tightUnit, regionUnit) : NaN;
  return { detectorIou2d: iou2d, detectorIou3d: iou3d, regionIou3d, wallErrorMm };
}
