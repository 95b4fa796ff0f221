import { basename } from "node:path";
import { withoutChannel } from "../dataset/case_files.ts";
import type { Modality } from "../dataset/dataset.ts";
import type { ScanImages } from "../dataset/scan_images.ts";
import type { Detection } from "../detector/detector.ts";
import { foundBox } from "../detector/fusion.ts";
import { isUsualVolume, type UsualVolume } from "../detector/usual_volume.ts";
import type { Run } from "../training/run_folder.ts";
import { airHu } from "../volume/intensity.ts";
import { viewNames } from "../volume/projection.ts";

/**
 * What makes the result of a scan doubtful, as sentences: a detector that found nothing, or something
 * in a place where no training case has it, a volume that none has, and classes of which nothing was
 * segmented.
 *
 * @param detection `null` where no detector was asked
 * @param volumesMm3 of each class by its name
 * @param usualMm3 the smallest and the largest volume that training cases have, where they are known
 */
export function predictionWarnings(
  organ: string,
  detection: Pick<Detection, "views" | "isUsual"> | null,
  volumesMm3: Readonly<Record<string, number>>,
  usualMm3: UsualVolume | null,
): string[] {
  const warnings: string[] = [];
  if (detection && viewNames.every((view) => foundBox(detection.views[view]) === null)) {
    const where = detection.isUsual ? "the whole scan was" : "all usual places were";
    warnings.push(`the detector found no ${organ}: ${where} segmented first`);
  } else if (detection?.isUsual === false) {
    warnings.push(
      `the detector found ${organ} in an unusual place: all usual ones were looked at, too`,
    );
  }
  const missing = Object.entries(volumesMm3).filter(([, mm3]) => mm3 === 0).map(([name]) => name);
  if (missing.length > 0) warnings.push(`nothing was segmented as ${missing.join(" or ")}`);
  const sum = Object.values(volumesMm3).reduce((total, mm3) => total + mm3, 0);
  if (usualMm3 !== null && sum > 0 && !isUsualVolume(sum, usualMm3)) {
    const ml = (mm3: number) => (mm3 / 1000).toFixed(mm3 < 10_000 ? 1 : 0);
    const { min, max } = usualMm3;
    warnings.push(
      `${ml(sum)} ml of ${organ} are unusual: training has ${ml(min)} to ${ml(max)} ml`,
    );
  }
  return warnings;
}

/**
 * Says of a scan that runs were trained on a case of its name: what they make of it says nothing of how
 * good they are.
 *
 * @param name of the scan's file, without its ending; in nnU-Net's layout with its channel
 */
export function trainingWarnings(name: string, runs: readonly Run[]): string[] {
  const ids = [name, withoutChannel(name)];
  const learned = runs.filter(({ record: { split } }) =>
    ids.some((id) => split.training.includes(id) || split.validation.includes(id))
  );
  if (learned.length === 0) return [];
  const folders = learned.map(({ folder }) => basename(folder)).join(" and ");
  return [`${folders} learned from a case of this name: if it is this scan, this is no test`];
}

/** Says of a scan that it does not look like one of the modality that it was normalised as. */
export function modalityWarnings(
  modality: Modality,
  { scanImage, window }: Pick<ScanImages, "scanImage" | "window">,
): string[] {
  if (modality === "mr" && window.low < airHu) {
    return [
      `intensities from ${window.low} on look like a CT, not like the MR that was learned from`,
    ];
  }
  if (modality === "ct" && !scanImage.data.includes(0)) {
    return [
      `no voxel is below ${window.low}, as air is in Hounsfield units: this may be no CT, as those ` +
      "that were learned from",
    ];
  }
  return [];
}
