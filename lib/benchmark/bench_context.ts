import type { MachineLimits } from "./machine_limits.ts";
import type { Measurement } from "./measurement.ts";
import type { PythonPeer } from "./python_peer.ts";
import type { Turns } from "./comparison.ts";
import type { Repeats } from "./timing.ts";

/** What every part of the benchmark needs. */
export interface BenchContext {
  readonly limits: MachineLimits;
  readonly repeats: Repeats;
  readonly turns: Turns;
  /** The Python programs; null where they are not asked for or not there. */
  readonly peer: PythonPeer | null;
  /** An empty folder for passing files. */
  readonly folder: string;
  /** Called with each measurement as it is made. */
  report(measurement: Measurement): void;
}
