import type { Pass } from "../../lib/nn/parameters.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Mednext } from "../../lib/peers/mednext.ts";
import type { PeerName } from "../../lib/peers/peer.ts";
import { Segformer3d } from "../../lib/peers/segformer3d.ts";
import { SlimUnetr } from "../../lib/peers/slim_unetr.ts";
import { SwinSmt } from "../../lib/peers/swin_smt.ts";
import type * as tf from "../../lib/tf.ts";

/** A peer with few channels. */
export interface SmallPeer {
  readonly name: PeerName;
  readonly parameters: Parameters;
  apply(image: tf.Tensor5D, pass: Pass): tf.Tensor5D;
}

/** The narrow networks of the fixtures; `tokens` is that of Slim UNETR's bottleneck. */
export function smallPeer(name: PeerName, tokens = 1): SmallPeer {
  const parameters = new Parameters("small");
  const network = build(name, parameters, tokens);
  return { name, parameters, apply: (image, pass) => network.apply(image, pass) };
}

function build(name: PeerName, parameters: Parameters, tokens: number): Pick<SmallPeer, "apply"> {
  const channels = [8, 12, 20, 32];
  switch (name) {
    case "segformer3d":
      return new Segformer3d(parameters, {
        channels,
        blocks: [1, 2, 1, 2],
        heads: [1, 2, 5, 4],
        reductions: [4, 2, 1, 1],
        decoderChannels: 24,
      }, 1);
    case "mednext-s":
      return new Mednext(parameters, {
        channels: 5,
        encoderBlocks: [1, 2, 1, 1],
        bottleneckBlocks: 2,
        decoderBlocks: [1, 1, 1, 1],
      }, 1);
    case "swin-smt":
      return new SwinSmt(parameters, {
        channels: 3,
        heads: [1, 2, 3, 4],
        window: 7,
        experts: 4,
        expertStages: 2,
      }, 1);
    case "slim-unetr":
      return new SlimUnetr(
        parameters,
        {
          channels,
          blocks: [1, 2, 2, 1],
          heads: [1, 2, 4, 4],
          strides: [4, 2, 2, 1],
          dropout: 0.3,
        },
        1,
        tokens,
      );
  }
}
