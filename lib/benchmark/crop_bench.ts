import { readScanImages } from "../dataset/scan_images.ts";
import { loadSegmentor } from "../evaluation/run_models.ts";
import { ScanSegmenter } from "../evaluation/segment_scan.ts";
import { openRun } from "../training/run_folder.ts";
import { loadDetector } from "../training/trained_detector.ts";
import type { BenchContext } from "./bench_context.ts";
import { compareInTurns, runsOf } from "./comparison.ts";
import { timingOf } from "./timing.ts";

/**
 * Times the way from a scan that has been read to its mask in the scan's grid: with crop, the
 * detector, its region and all passes of the segmentor; beside it, in turns, the same segmentor's
 * twin on the whole volume.
 *
 * @param runFolder of a run that has both
 */
export async function benchCrop(
  { turns, report }: BenchContext,
  runFolder: string,
  scanPath: string,
): Promise<void> {
  const run = await openRun(runFolder);
  const { settings, modalities: [modality] } = run.record;
  const { images, grid } = await readScanImages(scanPath, { modality, settings });
  const detector = await loadDetector(run);
  const [cropped, whole] = [
    await loadSegmentor(run, "withCrop"),
    await loadSegmentor(run, "withoutCrop"),
  ];
  const timeWay = (segmenter: ScanSegmenter) =>
    runsOf(async () => segmenter.pasteBlock(await segmenter.segment(images), grid));
  const { oursMs, comparison } = await compareInTurns(
    timeWay(new ScanSegmenter(cropped, detector)),
    { name: "the whole volume", time: timeWay(new ScanSegmenter(whole, null)) },
    turns,
  );
  report({
    part: "predict",
    name: "with crop, from the scan that was read to its mask",
    timing: timingOf(oursMs),
    facts: {},
    comparison,
  });
  detector.dispose();
  for (const { parameters } of [cropped, whole]) parameters.dispose();
}
