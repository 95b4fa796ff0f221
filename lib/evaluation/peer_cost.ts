import * as tf from "../tf.ts";
import { type LayerRecord, traceLayers } from "../nn/layer_records.ts";
import { countMacs, type OpCount, paperOperations } from "../nn/macs.ts";
import { inference } from "../nn/parameters.ts";
import type { Peer } from "../peers/peer.ts";
import { slimUnetrConfig, slimUnetrLayers } from "../peers/slim_unetr.ts";
import { peakIntermediateBytes } from "./cost.ts";
import { paperLayerOperations } from "./counting_rules.ts";
import type { CubePart, ModelCost } from "./records.ts";

/**
 * What a peer costs for a cube of the edge that it was built for, batch 1. It runs twice there.
 *
 * @param part "whole" where the cube is the whole volume
 * @returns paperOperations is what Table 5 counts for the peers, by another rule than for the paper's
 *   own network; NaN for Slim UNETR, which the table does not have
 */
export async function peerCost(
  peer: Peer,
  part: CubePart = "whole",
): Promise<ModelCost> {
  const { parameters, edge } = peer;
  const run = () => void peer.apply(tf.zeros([1, edge, edge, edge, 1]), inference);
  let count: OpCount = { macs: 0, records: [] };
  const traced = traceLayers(() => {
    count = countMacs(() => tf.tidy(run));
  });
  // Slim UNETR's blocks are the segmentor's, which run as one operation each.
  const isSlim = peer.name === "slim-unetr";
  const layers = isSlim ? slimUnetrLayers(slimUnetrConfig, edge, peer.outputs) : traced;
  const layerOperations = paperLayerOperations(layers);
  const values = parameters.names().reduce((sum, name) => sum + parameters.get(name).size, 0);
  return {
    part,
    model: peer.name,
    edge,
    parameters: parameters.count(),
    activeParameters: parameters.count(),
    macs: count.macs,
    paperOperations: isSlim ? NaN : layerOperations,
    operationsByRule: {
      own: paperOperations(count) - unscaledNormElements(layers),
      peers: layerOperations,
    },
    paperParameters: parameters.count(),
    peakTensorBytes: values * Float32Array.BYTES_PER_ELEMENT + await peakIntermediateBytes(run),
  };
}

/** Elements of norms without a learned scale, which the own network's rule counts 4 and not 5. */
function unscaledNormElements(layers: readonly LayerRecord[]): number {
  return layers.filter(({ kind }) => kind === "instanceNorm")
    .reduce((sum, { elements }) => sum + elements, 0);
}
