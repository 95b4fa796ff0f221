import type { ManifestEntry } from "./manifest.ts";
import { type Organ, organValues } from "./organ.ts";

const mm3PerMl = 1000;

/** The volume of all labels of an organ in a case, measured in the scan's own grid; in ml. */
export function organVolumeMl({ labels }: Pick<ManifestEntry, "labels">, organ: Organ): number {
  const volumesMm3 = organValues(organ).map((value) => labels[`${value}`]?.volumeMm3 ?? 0);
  return volumesMm3.reduce((sum, volume) => sum + volume, 0) / mm3PerMl;
}
