import { cpus } from "node:os";
import { deviceName, nativeVersion } from "../tf.ts";
import { measureModel } from "../evaluation/model_measurement.ts";
import { wholeVolumeConfig } from "../training/build_segmentor.ts";
import { type CostJob, subjectDigest } from "./cost_job.ts";
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
  const { measured } = subject;
  const model = measured.model === "segmentor" && measured.part === "whole"
    ? { ...measured, config: wholeVolumeConfig(measured.config, measured.edge) }
    : measured;
  const measurement = await measureModel(model, {
    phase: subject.phase,
    only,
    repeats: 3,
  });
  return { id, subject: subjectDigest(subject), ...measurement, environment: costEnvironment() };
}
