import { cpus } from "node:os";
import { deviceName, nativeVersion } from "../tf.ts";
import { measureModel } from "../evaluation/model_measurement.ts";
import type { CostJob } from "./cost_job.ts";
import type { CostResult } from "./cost_result.ts";

/** What the measurements of this process are made on. */
export function costEnvironment(): Record<string, string> {
  return {
    device: deviceName(),
    tensorflow: nativeVersion(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: String(navigator.hardwareConcurrency),
  };
}

/** Does one measurement, in this process: some of the networks take minutes and gigabytes. */
export async function measureCost({ id, subject, only }: CostJob): Promise<CostResult> {
  const measurement = await measureModel(subject.measured, {
    phase: subject.phase,
    only,
    repeats: 3,
  });
  return { id, ...measurement, environment: costEnvironment() };
}
