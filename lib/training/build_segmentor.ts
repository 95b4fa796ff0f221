import type { PhaseName, SegmentorConfig } from "../config/config.ts";
import { Parameters } from "../nn/parameters.ts";
import { Segmentor } from "../segmentor/segmentor.ts";
import type { Run } from "./run_folder.ts";

/** A segmentor, its weights, and the cube that it takes. */
export interface BuiltSegmentor {
  readonly segmentor: Segmentor;
  readonly parameters: Parameters;
  readonly config: SegmentorConfig;
  /** Edge of its input cube. */
  readonly edge: number;
}

/** The segmentor of a phase with its first random weights; equal seeds give equal weights. */
export function buildSegmentor(run: Run, phase: PhaseName): BuiltSegmentor {
  const { config: { segmentor, seed, cubeEdge }, organ, roiEdge } = run.record;
  const config = phase === "whole" ? wholeVolumeConfig(segmentor, cubeEdge) : segmentor;
  const parameters = new Parameters(`${seed}/segmentor`);
  return {
    segmentor: new Segmentor(parameters, config, organ.classes.length),
    parameters,
    config,
    edge: phase === "whole" ? cubeEdge : roiEdge,
  };
}

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
