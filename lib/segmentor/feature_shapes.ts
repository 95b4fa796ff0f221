import type { SegmentorConfig } from "../config/config.ts";
import { segmentorLevels } from "./levels.ts";
import { stageForEdge } from "./stage_rule.ts";

/** The shape `[edge, edge, edge, channels]` of what one step of the way down makes of a cube. */
export interface FeatureShape {
  /** "image", "gate 2", "level 0", ... */
  readonly name: string;
  readonly edge: number;
  readonly channels: number;
}

/**
 * The shapes that a cube takes on its way to the bottleneck: the image, the fine level if there is
 * one, the gate where stages are skipped, then the levels that run. The way up is the same backwards.
 * A level's grid is the same whichever cube reaches it.
 *
 * @throws {UserError} when the edge is not legal, or the configuration contradicts itself
 */
export function featureShapes(edge: number, config: SegmentorConfig): FeatureShape[] {
  const levels = segmentorLevels(config);
  const stage = stageForEdge(edge, config);
  const first = levels[stage - 1];
  return [
    { name: "image", edge, channels: 1 },
    ...(config.fineWidth > 0 ? [{ name: "fine level", edge, channels: config.fineWidth }] : []),
    ...(stage === 1
      ? []
      : [{ name: `gate ${stage}`, edge: first.gridEdge * first.kernel, channels: first.inputs }]),
    ...levels.slice(stage - 1)
      .map(({ index, gridEdge, channels }) => ({
        name: `level ${index}`,
        edge: gridEdge,
        channels,
      })),
  ];
}
