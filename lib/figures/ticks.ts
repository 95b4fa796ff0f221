/** A labelled place of an axis. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** About `count` round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`. */
export function linearTicks(low: number, high: number, count = 6): Tick[] {
  const rough = (high - low) / count;
  if (!(rough > 0)) return [{ at: low, label: formatTick(low, 1) }];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power *
    (rough < 1.5 * power ? 1 : rough < 3.5 * power ? 2 : rough < 7.5 * power ? 5 : 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const at = (first + i) * step;
    return { at, label: formatTick(at, step) };
  });
}

/** The powers of ten from `low` to `high`; with 2 and 5 times them where there are few. */
export function logarithmicTicks(low: number, high: number): Tick[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const decades = Math.log10(high / low);
  const every = Math.max(1, Math.ceil(decades / 8));
  const factors = decades < 2.5 ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let power = first; power <= last; power += every) {
    for (const factor of factors) {
      const at = factor * 10 ** power;
      if (at >= low * (1 - 1e-9) && at <= high * (1 + 1e-9)) {
        ticks.push({ at, label: formatTick(at, at) });
      }
    }
  }
  return ticks;
}

function formatTick(value: number, step: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || step < 1e-4)) {
    return value.toExponential(1).replace(".0e", "e").replace("e+", "e").replace("-", "\u2212");
  }
  const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return (value === 0 ? 0 : value).toFixed(digits).replace("-", "\u2212");
}
