/** The points of a line. */
export interface LinePoints {
  readonly x: readonly number[];
  /** As long as `x`. */
  readonly y: readonly number[];
}

/**
 * A line of at most about `limit` points that looks the same: of each run of points the lowest and
 * the highest one in their order, and a gap (NaN) where there is nothing else.
 */
export function thinCurve({ x, y }: LinePoints, limit: number): LinePoints {
  if (x.length <= limit) return { x, y };
  const run = Math.ceil(2 * x.length / limit);
  const kept: number[] = [];
  for (let from = 0; from < x.length; from += run) {
    const to = Math.min(x.length, from + run);
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      if (!(y[i] >= y[low])) low = Number.isNaN(y[i]) ? low : i;
      if (!(y[i] <= y[high])) high = Number.isNaN(y[i]) ? high : i;
    }
    kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]));
  }
  return { x: kept.map((i) => x[i]), y: kept.map((i) => y[i]) };
}
