import type { SegmentorConfig } from "../config/config.ts";
import {
  measureModel,
  type ModelMeasurement,
  type ModelMeasurementOptions,
} from "./model_measurement.ts";

/** What a cube of one edge costs on this machine. */
export interface StageMeasurement extends ModelMeasurement {
  readonly edge: number;
}

/**
 * {@linkcode measureModel} of the segmentor at one of its edges.
 *
 * @throws {UserError} when the edge is not one of the segmentor's
 */
export async function measureStage(
  config: SegmentorConfig,
  edge: number,
  options: ModelMeasurementOptions,
): Promise<StageMeasurement> {
  return { edge, ...await measureModel({ model: "segmentor", config, edge }, options) };
}
