import { createHash } from "node:crypto";
import type { ManifestEntry } from "./manifest.ts";

/**
 * What a case holds, as values that differ where another image or other labels would be learned from.
 * How it was prepared is not in it, but for what is the case's own. An MR's first volume has nothing
 * of that, as in the identities of runs that were made before it was asked for.
 */
export function contentOf(
  { id, subset, source, modality, imageVolume = 0 }: ManifestEntry,
): readonly string[] {
  return [
    id,
    subset,
    source.image.sha256,
    source.labels.sha256,
    ...(modality === "mr" ? [] : [modality]),
    ...(imageVolume === 0 ? [] : [`volume ${imageVolume}`]),
  ];
}

/** SHA-256 of the content of cases, in hexadecimal digits; their order counts. */
export function contentHash(entries: readonly ManifestEntry[]): string {
  return createHash("sha256").update(JSON.stringify(entries.map(contentOf))).digest("hex");
}
