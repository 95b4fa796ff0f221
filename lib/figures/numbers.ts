/** Numbers as JSON can hold them: six significant digits, and `null` for what is not finite. */
export function jsonNumbers(values: ArrayLike<number>): (number | null)[] {
  return Array.from(
    values,
    (value) => Number.isFinite(value) ? Number(value.toPrecision(6)) : null,
  );
}

/** A number for a sentence: about four significant digits, "no value" for NaN. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "no value";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "minus infinite";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return String(Number(value.toPrecision(size >= 1000 ? Math.ceil(Math.log10(size + 1)) : 4)));
}

/** Least and greatest finite value; `null` when there is none. */
export function extentOf(values: Iterable<number>): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** The extent of values and a share of it on both sides; 0 .. 1 when there are none. */
export function paddedRange(values: Iterable<number>, share = 0.05): [number, number] {
  const [low, high] = extentOf(values) ?? [0, 1];
  const margin = share * (high - low) || (high === low ? Math.abs(low) / 2 || 0.5 : 0);
  return [low - margin, high + margin];
}

/** The finite ones of an array's numbers. */
export function finiteOf(values: ArrayLike<number>): number[] {
  return Array.from(values).filter(Number.isFinite);
}
