import { benchData, type DataSizes } from "./data_bench.ts";
import { benchDetectors, type DetectorSizes } from "./detector_bench.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { type LimitSizes, measureLimits } from "./machine_limits.ts";
import { type Measurement, type PartName, partNames } from "./measurement.ts";
import { benchOps, type OpSizes } from "./ops_bench.ts";
import { benchPredict, type PredictSizes } from "./predict_bench.ts";
import type { PythonPeer } from "./python_peer.ts";
import { benchSegmentor, type SegmentorSizes } from "./segmentor_bench.ts";
import type { Turns } from "./comparison.ts";
import type { Repeats } from "./timing.ts";

/** How large the pieces of work are; each part as usual unless given. */
export interface BenchSizes {
  readonly limits?: LimitSizes;
  readonly ops?: OpSizes;
  readonly segmentor?: SegmentorSizes;
  readonly detectors?: DetectorSizes;
  readonly data?: DataSizes;
  readonly predict?: PredictSizes;
}

/** How the benchmark is run. */
export interface BenchmarkOptions {
  /** All parts unless given. The limits are always measured, since the others refer to them. */
  readonly parts?: readonly PartName[];
  /** The Python programs to compare with; without them there are no comparisons. */
  readonly peer?: PythonPeer | null;
  readonly repeats?: Repeats;
  readonly turns?: Turns;
  readonly sizes?: BenchSizes;
  /** Called with each measurement as it is made. */
  onMeasurement?(measurement: Measurement): void;
}

/** The result of the benchmark, as its JSON file holds it. */
export interface Benchmark {
  readonly format: 1;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly repeats: Repeats;
  readonly turns: Turns;
  readonly measurements: readonly Measurement[];
}

/** Medians of a second and a half of runs; minutes for everything, twice that with comparisons. */
export const usualRepeats: Repeats = { warmUp: 5, runs: 200, enoughMs: 1500 };
/** Turns of ours and theirs. */
export const usualTurns: Turns = { turns: 9, turnMs: 400 };

/** Measures this program on this machine. */
export async function runBenchmark({
  parts = partNames,
  peer = null,
  repeats = usualRepeats,
  turns = usualTurns,
  sizes = {},
  onMeasurement,
}: BenchmarkOptions = {}): Promise<Benchmark> {
  const measurements: Measurement[] = [];
  const report = (measurement: Measurement) => {
    measurements.push(measurement);
    onMeasurement?.(measurement);
  };
  const machine = describeMachine(peer?.versions);
  const folder = await Deno.makeTempDir({ prefix: "roiseg-bench-" });
  try {
    const { limits, measurements: limitsMeasured } = await measureLimits(repeats, sizes.limits);
    limitsMeasured.forEach(report);
    const context = { limits, repeats, turns, peer, folder, report };
    // Scans before networks: a process keeps the memory that those took, and is slower with it.
    if (parts.includes("data")) await benchData(context, sizes.data);
    if (parts.includes("ops")) await benchOps(context, sizes.ops);
    if (parts.includes("networks")) {
      await benchSegmentor(context, sizes.segmentor);
      await benchDetectors(context, sizes.detectors);
    }
    if (parts.includes("predict")) await benchPredict(context, sizes.predict);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return {
    format: 1,
    measuredAt: new Date().toISOString(),
    machine,
    repeats,
    turns,
    measurements,
  };
}
