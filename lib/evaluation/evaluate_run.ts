import { join } from "node:path";
import { deviceName, nativeVersion } from "../tf.ts";
import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import type { ManifestEntry } from "../dataset/manifest.ts";
import { readScanImages, type ScanImages } from "../dataset/scan_images.ts";
import type { Detector } from "../detector/detector.ts";
import { groundTruthRegion, organBoxOf } from "../training/organ_box.ts";
import { makeWritableFolder } from "../files.ts";
import type { Run } from "../training/run_folder.ts";
import { isPhaseTrained } from "../training/run_part.ts";
import { loadDetector } from "../training/trained_detector.ts";
import { type Box3, boxIou3 } from "../volume/box.ts";
import type { NiftiHeader } from "../volume/nifti_header.ts";
import { readLabels } from "../volume/nifti_read.ts";
import { writeLabels } from "../volume/nifti_write.ts";
import { fromRas, type Orientation, toRas } from "../volume/orientation.ts";
import { sampleLabelsNearest } from "../volume/resample.ts";
import { type LabelVolume, maskOfLabels, spacingMm, type Triple } from "../volume/volume.ts";
import { scoreMasks } from "./case_scores.ts";
import { detectorCost } from "./cost.ts";
import { roiCoverage, scoreDetection } from "./detector_iou.ts";
import { gpuBytes } from "./gpu_memory.ts";
import { toLabelValues } from "./label_values.ts";
import { peakProcessBytes } from "./memory.ts";
import { networkCost } from "./network_cost.ts";
import type {
  CaseResult,
  Evaluation,
  EvaluationMode,
  EvaluationSpace,
  ModelCost,
  TimePart,
} from "./records.ts";
import { type LoadedSegmentor, loadSegmentor } from "./run_models.ts";
import { ScanSegmenter, type SegmentedRegion } from "./segment_scan.ts";
import { Stopwatch } from "./stopwatch.ts";
import { summarizeResults } from "./summary.ts";

/** What is evaluated, and how. */
export interface EvaluateOptions {
  readonly modes: readonly EvaluationMode[];
  /** The test cases of the run's split unless given. */
  readonly caseIds?: readonly string[];
  /** Distance in mm up to which NSD counts a surface voxel as met; 2 unless given. */
  readonly toleranceMm?: number;
  /** Where masks in the scans' own files' grids go, as `MODE/CASE.nii.gz`; not kept unless given. */
  readonly maskFolder?: string;
  /** Name under which the run appears in tables; its folder unless given. */
  readonly runName?: string;
  onCase?(done: number, total: number, results: readonly CaseResult[]): void;
  readonly stop?: AbortSignal;
}

const defaultToleranceMm = 2;

/** A test case as it is read from its source. */
interface TestCase extends ScanImages {
  readonly entry: ManifestEntry;
  readonly labels: Readonly<Record<EvaluationSpace, LabelVolume>>;
  readonly readMs: number;
  /** Of the source file, for the way back. */
  readonly orientation: Orientation;
  readonly header: NiftiHeader;
}

/**
 * Measures a run on the cases that it was not trained on: every mode on every case, from the source
 * files on, on the way that prediction takes.
 *
 * The masks are compared in the cube (as the paper does) and in the scan's own grid. Where a
 * case lacks one of the organ's classes, nothing found is NaN, which is counted as not applicable, and
 * anything found is Dice 0.
 *
 * @throws {UserError} when a mode's phases have not finished, a source file is gone, or the masks'
 *   folder is closed to writing, which is tried first
 */
export async function evaluateRun(
  run: Run,
  prepared: PreparedDataset,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { modes, caseIds = run.record.split.test, onCase, stop } = options;
  const needsDetector = modes.includes("withCrop") || await isPhaseTrained(run, "detector");
  const detector = needsDetector ? await loadDetector(run) : null;
  const segmentors = new Map<EvaluationMode, LoadedSegmentor>();
  try {
    for (const mode of modes) segmentors.set(mode, await loadSegmentor(run, mode));
    if (options.maskFolder !== undefined) await makeWritableFolder(options.maskFolder);
    const cases: CaseResult[] = [];
    for (const [done, id] of caseIds.entries()) {
      stop?.throwIfAborted();
      const testCase = await readTestCase(entryOf(prepared, id), run);
      for (const [mode, loaded] of segmentors) {
        const way = wayOf(testCase, run, mode, loaded, detector);
        if (way === null) continue;
        // What a process does for the first time takes it longer: that is no case's time.
        if (done === 0) await way.segmenter.segment(testCase, way.regionUnit);
        cases.push(...await evaluateCase(testCase, run, mode, way, options));
      }
      onCase?.(done + 1, caseIds.length, cases.filter(({ caseId }) => caseId === id));
    }
    const costs = await costsOf(detector, [...segmentors.values()]);
    const onGpu = await gpuBytes();
    return {
      run: options.runName ?? run.folder,
      preset: run.record.config.preset,
      model: run.record.config.model,
      dataSet: run.record.datasetName,
      device: `${deviceName()}, TensorFlow ${nativeVersion()}`,
      toleranceMm: options.toleranceMm ?? defaultToleranceMm,
      cubeEdge: run.record.settings.cubeEdge,
      cases,
      summaries: summarizeResults(cases),
      costs,
      peakProcessBytes: peakProcessBytes(),
      ...(onGpu === undefined ? {} : { gpuBytes: onGpu }),
    };
  } finally {
    detector?.dispose();
    for (const { parameters } of segmentors.values()) parameters.dispose();
  }
}

async function readTestCase(entry: ManifestEntry, run: Run): Promise<TestCase> {
  const { settings } = run.record;
  const watch = new Stopwatch<"read">();
  const { imagePath, imageVolume: volume, modality } = entry;
  const { images, orientation, header } = await watch.time(
    "read",
    () => readScanImages(imagePath, { volume, modality, settings }),
  );
  const scan = toRas((await readLabels(entry.labelPath)).labels).volume;
  const whole = { min: [0, 0, 0], max: scan.shape } as const;
  const edges: Triple = [settings.cubeEdge, settings.cubeEdge, settings.cubeEdge];
  const cube = sampleLabelsNearest(scan, whole, edges);
  const readMs = watch.timesMs().read ?? 0;
  return { ...images, entry, labels: { cube, scan }, readMs, orientation, header };
}

/** How a mode comes from a scan to a mask. */
interface Way {
  readonly segmenter: ScanSegmenter;
  /** The region where it is given. */
  readonly regionUnit?: Box3;
}

/** `null` where the mode does not apply: a case without the organ has no ground-truth region. */
function wayOf(
  { entry }: TestCase,
  run: Run,
  mode: EvaluationMode,
  loaded: LoadedSegmentor,
  detector: Detector | null,
): Way | null {
  const { organ, config } = run.record;
  const segmenter = new ScanSegmenter(loaded, mode === "withCrop" ? detector : null);
  if (mode !== "groundTruthRoi") return { segmenter };
  const tightUnit = organBoxOf(entry, organ);
  return tightUnit && { segmenter, regionUnit: groundTruthRegion(tightUnit, config) };
}

async function evaluateCase(
  testCase: TestCase,
  run: Run,
  mode: EvaluationMode,
  { segmenter, regionUnit }: Way,
  { toleranceMm = defaultToleranceMm, maskFolder }: EvaluateOptions,
): Promise<CaseResult[]> {
  const { organ } = run.record;
  const { entry } = testCase;
  const tightUnit = organBoxOf(entry, organ);
  const segmented = await segmenter.segment(testCase, regionUnit);
  const results: CaseResult[] = [];
  for (const space of ["cube", "scan"] as const) {
    const watch = new Stopwatch<TimePart>();
    const truth = testCase.labels[space];
    const found = await watch.time("paste", () => segmenter.paste(segmented, truth));
    if (space === "scan" && maskFolder !== undefined) {
      const path = join(maskFolder, mode, `${entry.id}.nii.gz`);
      const mask = fromRas(toLabelValues(found, organ), testCase.orientation);
      await watch.time("write", () => writeLabels(path, mask, { like: testCase.header }));
    }
    const shared = {
      caseId: entry.id,
      organ: organ.name,
      mode,
      space,
      ...detectionScores(segmented, tightUnit, testCase),
      roiUnit: segmented.roiUnit,
      edge: segmented.edge,
      stage: segmented.stage,
      timesMs: { read: testCase.readMs, ...segmented.timesMs, ...watch.timesMs() },
      notes: "",
    };
    organ.classes.forEach(({ name, values }, i) => {
      const truthMask = maskOfLabels(truth, values);
      results.push({
        ...shared,
        className: name,
        ...scoreMasks(truthMask, maskOfLabels(found, [i + 1]), toleranceMm),
        roiCoverage: roiCoverage(truthMask, segmented.roiUnit),
      });
    });
  }
  return results;
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
  const extentMm: Triple = [
    scan.shape[0] * spacing[0],
    scan.shape[1] * spacing[1],
    scan.shape[2] * spacing[2],
  ];
  const { iou2d, iou3d, wallErrorMm } = scoreDetection(tightUnit, detection, extentMm);
  const regionIou3d = tightUnit && regionUnit ? boxIou3(tightUnit, regionUnit) : NaN;
  return { detectorIou2d: iou2d, detectorIou3d: iou3d, regionIou3d, wallErrorMm };
}

async function costsOf(
  detector: Detector | null,
  segmentors: readonly LoadedSegmentor[],
): Promise<ModelCost[]> {
  const costs: ModelCost[] = detector ? [await detectorCost(detector)] : [];
  const seen = new Set<string>();
  for (const loaded of segmentors) {
    const part = loaded.phase === "whole" ? "whole" : "segmentor";
    if (seen.has(part)) continue;
    seen.add(part);
    costs.push(await networkCost(loaded, part));
  }
  return costs;
}
