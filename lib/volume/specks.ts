import { labelComponents, piecesOf } from "./components.ts";
import type { LabelVolume } from "./volume.ts";

/** Labels without their specks. */
export interface CleanedLabels {
  readonly labels: LabelVolume;
  /** Voxels that became background, by label; without the labels that had no specks. */
  readonly removed: ReadonlyMap<number, number>;
  /** How many pieces each label comes in, as `piecesOf` counts. */
  readonly pieces: ReadonlyMap<number, number>;
}

/**
 * Takes out the specks of a label volume: connected components (26-neighbourhood) of a label that
 * hold less than `share` of its voxels. A stray click of whoever drew the labels may double the box of
 * an organ. A label whose largest component is that small has none: it lies in crumbs, and keeps them.
 * Counts the pieces of each label by the way.
 *
 * @param share in [0, 1); 0 keeps everything
 * @returns the same volume where there are none
 */
export function removeSpecks(labels: LabelVolume, share: number): CleanedLabels {
  const { numbers, sizes } = labelComponents(labels);
  const valueOf = new Uint16Array(sizes.length);
  for (let i = 0; i < numbers.length; i++) valueOf[numbers[i]] = labels.data[i];
  const sizesOf = Map.groupBy([...sizes.keys()].slice(1), (number) => valueOf[number]);
  const isSpeck = new Uint8Array(sizes.length);
  const pieces = new Map<number, number>();
  for (const [value, numbers] of sizesOf) {
    const own = numbers.map((number) => sizes[number]);
    pieces.set(value, piecesOf([0, ...own]).length);
    const total = own.reduce((sum, size) => sum + size, 0);
    const largest = own.reduce((most, size) => Math.max(most, size), 0); // too many for a spread
    if (largest < share * total) continue;
    for (const number of numbers) isSpeck[number] = sizes[number] < share * total ? 1 : 0;
  }
  const removed = new Map<number, number>();
  isSpeck.forEach((speck, number) => {
    if (speck === 0) return;
    removed.set(valueOf[number], (removed.get(valueOf[number]) ?? 0) + sizes[number]);
  });
  if (removed.size === 0) return { labels, removed, pieces };
  const data = labels.data.slice();
  for (let i = 0; i < data.length; i++) {
    if (isSpeck[numbers[i]] === 1) data[i] = 0;
  }
  return { labels: { ...labels, data }, removed, pieces };
}
