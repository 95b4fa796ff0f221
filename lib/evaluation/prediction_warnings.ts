import type { Detection } from "../detector/detector.ts";
import { foundBox } from "../detector/fusion.ts";
import { viewNames } from "../volume/projection.ts";

/**
 * What makes the result of a scan doubtful, as sentences: a detector that found nothing, or something
 * in a place where no training case has it, and classes of which nothing was segmented.
 *
 * @param detection `null` where no detector was asked
 * @param volumesMm3 of each class by its name
 */
export function predictionWarnings(
  organ: string,
  detection: Pick<Detection, "views" | "isUsual"> | null,
  volumesMm3: Readonly<Record<string, number>>,
): string[] {
  const warnings: string[] = [];
  if (detection && viewNames.every((view) => foundBox(detection.views[view]) === null)) {
    warnings.push(`the detector found no ${organ}: the whole scan was segmented first`);
  } else if (detection?.isUsual === false) {
    warnings.push(
      `the detector found ${organ} in an unusual place: all usual ones were looked at, too`,
    );
  }
  const missing = Object.entries(volumesMm3).filter(([, mm3]) => mm3 === 0).map(([name]) => name);
  if (missing.length > 0) warnings.push(`nothing was segmented as ${missing.join(" or ")}`);
  return warnings;
}
