import type { Random } from "../random.ts";

/**
 * The batches of an epoch: every case `repeats` times, shuffled, in batches of `batchSize` of which
 * the last may be smaller. A function of the generator's state only.
 */
export function epochBatches(
  ids: readonly string[],
  repeats: number,
  batchSize: number,
  random: Random,
): string[][] {
  const order = random.shuffle(Array.from({ length: repeats }, () => ids).flat());
  return Array.from(
    { length: stepsPerEpoch(ids.length, repeats, batchSize) },
    (_, batch) => order.slice(batch * batchSize, (batch + 1) * batchSize),
  );
}

/** How many batches {@linkcode epochBatches} makes of so many cases. */
export function stepsPerEpoch(cases: number, repeats: number, batchSize: number): number {
  return Math.ceil(cases * repeats / batchSize);
}
