import type { SegmentorConfig } from "../config/config.ts";

/**
 * The segmentor for a whole volume of edge `cubeEdge`, the paper's "w/o crop": the same levels, with
 * s0 of Eq. 2 raised until the first stage takes the whole volume. At 128 this is a network of the
 * size of Slim UNETR's, from which the paper's segmentor comes.
 */
export function wholeVolumeConfig(config: SegmentorConfig, cubeEdge: number): SegmentorConfig {
  return {
    ...config,
    minEdge: cubeEdge / 2 ** (config.stageCount - 1),
    edge: cubeEdge,
    source: "cube",
  };
}
