import { entryOf, loadCube, type PreparedDataset } from "../dataset/case.ts";
import { organBoxOf } from "../training/organ_box.ts";
import type { Run } from "../training/run_folder.ts";
import { loadDetector } from "../training/trained_detector.ts";
import { eachAxis } from "../volume/box.ts";
import { detectorCost } from "./cost.ts";
import { scoreDetection } from "./detector_iou.ts";
import type { DetectorCase, ModelCost } from "./records.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What {@linkcode evaluateDetector} measured. */
export interface DetectorEvaluation {
  readonly cases: readonly DetectorCase[];
  readonly cost: ModelCost;
}

/**
 * Measures a run's detector alone on the test cases of its split, whether or not there is a
 * segmentor.
 *
 * @throws {UserError} when the detector has not finished training
 */
export async function evaluateDetector(
  run: Run,
  prepared: PreparedDataset,
  stop?: AbortSignal,
): Promise<DetectorEvaluation> {
  const { organ, split } = run.record;
  const detector = await loadDetector(run);
  try {
    const cases: DetectorCase[] = [];
    for (const [i, caseId] of split.test.entries()) {
      stop?.throwIfAborted();
      const entry = entryOf(prepared, caseId);
      const { image } = await loadCube(prepared, caseId);
      // What a process does for the first time takes it longer: that is no case's time. It looks at a
      // copy, since a detector does not look at an image again.
      if (i === 0) await detector.detect({ ...image });
      const watch = new Stopwatch<"detect">();
      const detection = await watch.time("detect", () => detector.detect(image));
      const { shape, spacingMm } = entry;
      const extentMm = eachAxis((axis) => shape[axis] * spacingMm[axis]);
      const score = scoreDetection(organBoxOf(entry, organ), detection, extentMm);
      cases.push({
        caseId,
        organ: organ.name,
        iou2d: score.iou2d,
        iou2dXy: score.iou2dByView.xy,
        iou2dYz: score.iou2dByView.yz,
        iou2dXz: score.iou2dByView.xz,
        iou3d: score.iou3d,
        wallErrorMm: score.wallErrorMm,
        detectMs: watch.timesMs().detect!,
      });
    }
    return { cases, cost: await detectorCost(detector) };
  } finally {
    detector.dispose();
  }
}
