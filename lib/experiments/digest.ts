import { createHash } from "node:crypto";

/** SHA-256 of a JSON value, whatever the order of its keys. */
export function digest(value: unknown): string {
  const sorted = JSON.stringify(
    value,
    (_key, item) =>
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => a < b ? -1 : 1))
        : item,
  );
  return createHash("sha256").update(sorted).digest("hex");
}
