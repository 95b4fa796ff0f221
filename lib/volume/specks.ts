import { labelComponents } from "./components.ts";
import type { LabelVolume } from "./volume.ts";

/** Labels without their specks. */
export interface CleanedLabels {
  readonly labels: LabelVolume;
  /** Voxels that became background, by label; without the labels that had no specks. */
  readonly removed: ReadonlyMap<number, number>;
}

/**
 * Takes out the specks of a label volume: connected pieces (26-neighbourhood) of a label that hold
 * less than `share` of its voxels. A stray click of whoever drew the labels may double the box of an
 * organ.
 *
 * @param share in [0, 1); 0 keeps everything
 * @returns the same volume where there are none
 */
export function removeSpecks(labels: LabelVolume, share: number): CleanedLabels {
  if (share === 0) return { labels, removed: new Map() };
  const { numbers, sizes } = labelComponents(labels);
  const valueOf = new Uint16Array(sizes.length);
  for (let i = 0; i < numbers.length; i++) valueOf[numbers[i]] = labels.data[i];
  const totals = new Map<number, number>();
  for (let number = 1; number < sizes.length; number++) {
    totals.set(valueOf[number], (totals.get(valueOf[number]) ?? 0) + sizes[number]);
  }
  const isSpeck = sizes.map((size, number) =>
    number > 0 && size < share * totals.get(valueOf[number])!
  );
  const removed = new Map<number, number>();
  isSpeck.forEach((speck, number) => {
    if (!speck) return;
    removed.set(valueOf[number], (removed.get(valueOf[number]) ?? 0) + sizes[number]);
  });
  if (removed.size === 0) return { labels, removed };
  const data = labels.data.slice();
  for (let i = 0; i < data.length; i++) {
    if (isSpeck[numbers[i]]) data[i] = 0;
  }
  return { labels: { ...labels, data }, removed };
}
