/**
 * Logits of the narrow networks with seeded weights, as they were when the published fixtures were
 * reproduced to 1e-5: they hold the wiring of each network where the fixtures are absent.
 */
import { assertAlmostEquals } from "@std/assert";
import { inference } from "../../lib/nn/parameters.ts";
import type { PeerName } from "../../lib/peers/peer.ts";
import * as tf from "../../lib/tf.ts";
import { randomize, volume } from "./randomized.ts";
import { smallPeer } from "./small_peers.ts";

/** Mean, standard deviation, and the logits of three voxels. */
const golden: Readonly<Record<PeerName, readonly number[]>> = {
  "segformer3d": [-0.412129, 0.142250, -0.004468, -0.398261, -0.406328],
  "mednext-s": [-0.217487, 0.044177, -0.128573, -0.133186, -0.287376],
  "swin-smt": [-0.091657, 0.099175, -0.089011, -0.008373, -0.250021],
  "slim-unetr": [-0.102811, 1.187273, -0.650476, 0.831270, -0.870815],
};

for (const [name, expected] of Object.entries(golden) as [PeerName, number[]][]) {
  Deno.test(`${name}: logits with seeded weights`, () => {
    const peer = smallPeer(name, 2);
    randomize(peer.parameters, { spread: 0.2 });
    const logits = tf.tidy(() => peer.apply(volume(1, 64, 32, 32, 1), inference));
    const values = logits.dataSync();
    const { mean, variance } = tf.moments(logits);
    const places = [0, 23_456, values.length - 1];
    const actual = [
      mean.dataSync()[0],
      Math.sqrt(variance.dataSync()[0]),
      ...places.map((place) => values[place]),
    ];
    // Shares of the logits' spread.
    actual.forEach((value, i) =>
      assertAlmostEquals(value, expected[i], 1e-3 * expected[1], `${actual}`)
    );
    peer.parameters.dispose();
  });
}
