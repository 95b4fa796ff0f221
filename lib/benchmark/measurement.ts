import type { Timing } from "./timing.ts";

/** The parts of the benchmark, in the order in which they run. */
export const partNames = ["limits", "ops", "networks", "data", "predict"] as const;

/** A part of the benchmark. */
export type PartName = typeof partNames[number];

/** How long the hardware alone would need for a piece of work, or zlib for a file that it reads. */
export interface WorkLimit {
  /** The larger of the time for its arithmetic and that for its bytes, or that of inflating. */
  readonly ms: number;
  /** Which of them it is. */
  readonly by: "arithmetic" | "memory" | "inflation";
}

/** The same work by another program, timed in turns with ours. */
export interface Comparison {
  /** Who: "PyTorch 2.9, channels-last". */
  readonly peer: string;
  readonly timing: Timing;
  /** Our time as a share of theirs, of each turn. */
  readonly ratios: readonly number[];
  /** The median of the ratios: 0.5 is twice as fast. */
  readonly ratio: number;
  /** Their quartiles. */
  readonly ratioLow: number;
  readonly ratioHigh: number;
}

/** One line of the benchmark. */
export interface Measurement {
  readonly part: PartName;
  /** What was measured: "segmentor 64^3, inference, batch 1". */
  readonly name: string;
  readonly timing: Timing;
  /** Quantities beside the time by name with unit: "GFLOP/s", "MMAC", "ops". */
  readonly facts: Readonly<Record<string, number>>;
  readonly limit?: WorkLimit;
  readonly comparison?: Comparison;
  /** Why there is no comparison, where one was asked for. */
  readonly withoutComparison?: string;
}

/** The share of the limit that a measurement reaches: 1 is as fast as the hardware can. */
export function shareOfLimit({ limit, timing }: Measurement): number {
  return limit === undefined ? NaN : limit.ms / timing.medianMs;
}
