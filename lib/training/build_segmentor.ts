import type { PhaseName, SegmentorConfig } from "../config/config.ts";
import type { ModelName } from "../config/model_name.ts";
import type { CubeNetwork } from "../nn/cube_network.ts";
import { Parameters } from "../nn/parameters.ts";
import { buildPeer } from "../peers/peer.ts";
import { Segmentor } from "../segmentor/segmentor.ts";
import { edgeSkipping } from "../segmentor/stage_rule.ts";
import type { Run } from "./run_folder.ts";

/** What segments a cube, its weights, and the cube that it takes. */
export interface BuiltSegmentor {
  readonly model: ModelName;
  /** The paper's segmentor, or the peer that takes its place. */
  readonly segmentor: CubeNetwork;
  readonly parameters: Parameters;
  /** Of the segmentor; a peer has nothing of it but how a region is sampled and pasted back. */
  readonly config: SegmentorConfig;
  /** Edge of its input cube. */
  readonly edge: number;
  /** Edge of the cube in which a pass looks for the region of the next one. */
  readonly searchEdge: number;
}

/**
 * The network of a phase with its first random weights; equal seeds give equal weights.
 *
 * @throws {UserError} when a peer does not take the phase's cube
 */
export function buildSegmentor(run: Run, phase: PhaseName): BuiltSegmentor {
  const { config: { model, segmentor, seed, cubeEdge }, organ, roiEdge } = run.record;
  const config = phase === "whole" ? wholeVolumeConfig(segmentor, cubeEdge) : segmentor;
  const edge = phase === "whole" ? cubeEdge : roiEdge;
  const classCount = organ.classes.length;
  const parameters = new Parameters(`${seed}/${model}`);
  const network = model === "segmentor"
    ? new Segmentor(parameters, config, classCount)
    : buildPeer(model, parameters, { classCount, edge });
  const searches = phase === "finetune" && model === "segmentor" && config.passes > 1;
  const searchEdge = searches ? edgeSkipping(edge, config.searchSkips, config) : edge;
  return { model, segmentor: network, parameters, config, edge, searchEdge };
}

/**
 * The segmentor for a whole volume of edge `cubeEdge`, the paper's "w/o crop": the same levels, with
 * s0 of Eq. 2 raised until the first stage takes the whole volume. At 128 this is a network of the
 * size of Slim UNETR's, from which the paper's segmentor comes. The volume is a region like another:
 * sampled from the same source, with labels of the same kind.
 */
export function wholeVolumeConfig(config: SegmentorConfig, cubeEdge: number): SegmentorConfig {
  return {
    ...config,
    minEdge: cubeEdge / 2 ** (config.stageCount - 1),
    edge: cubeEdge,
  };
}
