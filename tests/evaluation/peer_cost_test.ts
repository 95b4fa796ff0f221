import { assert, assertEquals } from "@std/assert";
import { peerCost } from "../../lib/evaluation/peer_cost.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { buildPeer } from "../../lib/peers/peer.ts";
import * as tf from "../../lib/tf.ts";

Deno.test("peerCost() counts a peer at its own edge", async () => {
  const tensors = tf.memory().numTensors;
  for (const [name, edge] of [["segformer3d", 32], ["slim-unetr", 64]] as const) {
    const parameters = new Parameters(0);
    const cost = await peerCost(buildPeer(name, parameters, { classCount: 1, edge }), "segmentor");
    assertEquals([cost.part, cost.edge], ["segmentor", edge]);
    assertEquals(cost.parameters, parameters.count());
    assertEquals([cost.activeParameters, cost.paperParameters], [cost.parameters, cost.parameters]);
    assert(cost.macs > 1e8);
    // What Table 5 counts at 128 is in proportion to the volume; Slim UNETR is not in the table.
    assertEquals(cost.paperOperations, name === "segformer3d" ? 11_763_744_768 / 4 ** 3 : NaN);
    assertEquals(cost.model, name);
    const { own, peers } = cost.operationsByRule!;
    assert(own > cost.macs);
    if (name === "segformer3d") assertEquals(peers, cost.paperOperations);
    assert(cost.peakTensorBytes > 4 * (cost.parameters + 2 * edge ** 3));
    parameters.dispose();
  }
  assertEquals(tf.memory().numTensors, tensors);
});
