import type { Peer } from "../peers/peer.ts";
import type { Segmentor } from "../segmentor/segmentor.ts";
import type { BuiltSegmentor } from "../training/build_segmentor.ts";
import { segmentorCost } from "./cost.ts";
import { peerCost } from "./peer_cost.ts";
import type { CubePart, ModelCost } from "./records.ts";

/**
 * What the network that segments a cube costs, whichever it is; batch 1.
 *
 * @param part "whole" where the cube is the whole volume
 */
export async function networkCost(
  { model, segmentor, parameters, edge }: Omit<BuiltSegmentor, "config" | "searchEdge">,
  part: CubePart,
): Promise<ModelCost> {
  return model === "segmentor"
    ? await segmentorCost(segmentor as Segmentor, parameters, edge, part)
    : await peerCost(segmentor as Peer, part);
}
