import * as tf from "../tf.ts";
import { traceLayers } from "../nn/layer_records.ts";
import { countMacs } from "../nn/macs.ts";
import { inference } from "../nn/parameters.ts";
import type { Peer } from "../peers/peer.ts";
import { peakIntermediateBytes } from "./cost.ts";
import { paperLayerOperations } from "./counting_rules.ts";
import type { ModelCost } from "./records.ts";

/**
 * What a peer costs for a cube of the edge that it was built for, batch 1. It runs twice there.
 *
 * @param part "whole" where the cube is the whole volume
 * @returns paperOperations is what Table 5 counts for the peers, by another rule than for the paper's
 *   own network; NaN for Slim UNETR, which the table does not have
 */
export async function peerCost(
  peer: Peer,
  part: "segmentor" | "whole" = "whole",
): Promise<ModelCost> {
  const { parameters, edge } = peer;
  const run = () => void peer.apply(tf.zeros([1, edge, edge, edge, 1]), inference);
  let macs = 0;
  const layers = traceLayers(() => {
    macs = countMacs(() => tf.tidy(run)).macs;
  });
  const count = parameters.count();
  const values = parameters.names().reduce((sum, name) => sum + parameters.get(name).size, 0);
  return {
    part,
    edge,
    parameters: count,
    activeParameters: count,
    macs,
    paperOperations: peer.name === "slim-unetr" ? NaN : paperLayerOperations(layers),
    paperParameters: count,
    peakTensorBytes: values * Float32Array.BYTES_PER_ELEMENT + await peakIntermediateBytes(run),
  };
}
