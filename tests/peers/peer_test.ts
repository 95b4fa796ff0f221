import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { buildPeer, peerNames } from "../../lib/peers/peer.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertNoLeak } from "../tensors.ts";
import { assertSamplesApart, randomize, volume } from "./randomized.ts";
import { smallPeer } from "./small_peers.ts";

const leastEdges = { "segformer3d": 16, "mednext-s": 32, "swin-smt": 64, "slim-unetr": 32 };

for (const name of peerNames) {
  Deno.test(`${name}: logits of a cube for several classes`, async () => {
    const edge = leastEdges[name];
    const parameters = new Parameters(0);
    const peer = buildPeer(name, parameters, { classCount: 2, edge });
    assertEquals([peer.name, peer.edge, peer.outputs], [name, edge, 3]);
    const image = volume(1, edge, edge, edge, 1);
    await assertNoLeak(() =>
      tf.tidy(() => {
        const logits = peer.apply(image, inference);
        assertEquals(logits.shape, [1, edge, edge, edge, 3]);
        assertEquals(logits.isFinite().all().dataSync()[0], 1);
      })
    );
    parameters.dispose();
  });

  Deno.test(`${name}: an edge that it does not take is refused with its rule`, () => {
    for (const edge of [0, leastEdges[name] - 4, leastEdges[name] + 2, 96.5]) {
      const parameters = new Parameters(0);
      const error = assertThrows(
        () => buildPeer(name, parameters, { classCount: 1, edge }),
        UserError,
      );
      assertEquals(error.parts.seen, String(edge));
      assertEquals(parameters.names(), []);
    }
  });

  Deno.test(`${name}: samples of a batch are apart, axes are not confused`, () => {
    const [peer, shape] = [smallPeer(name, 6), [64, 32, 96] as const];
    randomize(peer.parameters);
    const batch = volume(2, ...shape, 1);
    assertEquals(tf.tidy(() => peer.apply(batch, inference).shape), [2, ...shape, 1]);
    // Attention without a scale magnifies rounding.
    assertSamplesApart((x) => peer.apply(x, inference), batch, 1e-3);
    peer.parameters.dispose();
  });

  Deno.test(`${name}: a step of training reaches every parameter and leaves no tensor`, async () => {
    const peer = smallPeer(name, 2);
    const names = peer.parameters.names("trainable").filter((name) => name !== "dummy_tensor");
    const variables = names.map((name) => peer.parameters.get(name));
    const image = volume(2, 64, 32, 32, 1);
    const pass = { training: true, random: new Random("dropout") };
    await assertNoLeak(() =>
      tf.tidy(() => {
        const { grads } = tf.variableGrads(
          () => peer.apply(image, pass).sigmoid().square().sum() as tf.Scalar,
          variables,
        );
        names.forEach((name, i) => {
          const gradient = grads[variables[i].name];
          assertEquals(gradient.isFinite().all().dataSync()[0], 1, name);
        });
      })
    );
    peer.parameters.dispose();
  });
}
