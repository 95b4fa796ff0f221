import { createHash } from "node:crypto";
import type { ManifestEntry } from "./manifest.ts";

/**
 * What a case holds, as values that differ where something else would be learned from it. Modality
 * and volume are left out where they are MR and the first, so that runs that were made before these
 * counted keep their identity.
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
