import type { Manifest } from "./manifest.ts";

/**
 * Label values that cases have and the data set does not declare, as "case_1: 77, 78"; none where it
 * declares nothing at all. No organ can be named by them, and a detector of all labels learns them.
 */
export function undeclaredLabels({ labels, entries }: Manifest): string[] {
  const declared = new Set(Object.values(labels));
  if (declared.size === 0) return [];
  return entries.flatMap(({ id, labels }) => {
    const others = Object.keys(labels).filter((value) => !declared.has(Number(value)));
    return others.length === 0 ? [] : [`${id}: ${others.join(", ")}`];
  });
}
