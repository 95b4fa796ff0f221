import * as tf from "../tf.ts";
import type { Parameters, Scope } from "../nn/parameters.ts";
import { CountedConv3d, CountedConv3dTranspose } from "./counted_layers.ts";
import { ResidualBlock } from "./residual_block.ts";
import { SwinEncoder, type SwinEncoderConfig } from "./swin_encoder.ts";

/** The published sizes for a width of 12 and 4 experts: 4,728,067 parameters for one class. */
export const swinSmtConfig: SwinEncoderConfig = {
  channels: 12,
  heads: [3, 6, 12, 24],
  window: 7,
  experts: 4,
  expertStages: 2,
};

/**
 * SwinSMT (Plotka 2024): Swin UNETR (Tang 2022) whose coarse transformer stages route their tokens
 * to experts.
 */
export class SwinSmt {
  readonly #transformer: SwinEncoder;
  /** For the image and the three finest states. */
  readonly #skips: readonly ResidualBlock[];
  readonly #bottom: ResidualBlock;
  /** Coarsest first. */
  readonly #up: readonly UpBlock[];
  readonly #head: CountedConv3d;

  /** Creates the weights, by their published names, in `parameters`. */
  constructor(parameters: Parameters, config: SwinEncoderConfig, outputs: number) {
    const root = parameters.root();
    const { channels } = config;
    const residual = (number: number, width: number, inputs = width) =>
      new ResidualBlock(root.child(`encoder${number}`).child("layer"), { inputs, outputs: width });
    this.#transformer = new SwinEncoder(root.child("swinViT"), config);
    this.#skips = [
      residual(1, channels, 1),
      residual(2, channels),
      residual(3, 2 * channels),
      residual(4, 4 * channels),
    ];
    this.#bottom = residual(10, 16 * channels);
    this.#up = [5, 4, 3, 2, 1].map((number) => {
      const width = number === 1 ? channels : channels * 2 ** (number - 2);
      const inputs = number === 1 ? channels : 2 * width;
      return new UpBlock(root.child(`decoder${number}`), { inputs, outputs: width });
    });
    this.#head = new CountedConv3d(root.child("out").child("conv"), {
      inputs: channels,
      outputs,
      kernel: 1,
    });
  }

  /** Logits `[n, z, y, x, outputs]` of volumes `[n, z, y, x, 1]`, edges multiples of 32. */
  apply(image: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => {
      const states = this.#transformer.apply(image);
      const skips = this.#skips.map((block, index) =>
        block.apply(index === 0 ? image : states[index - 1])
      );
      const finest = this.#up.reduce(
        (features, up, index) => up.apply(features, index === 0 ? states[3] : skips[4 - index]),
        this.#bottom.apply(states[4]),
      );
      return this.#head.apply(finest);
    });
  }
}

/** Doubles the grid, joins the skip, and mixes both. */
class UpBlock {
  readonly #transposed: CountedConv3dTranspose;
  readonly #mix: ResidualBlock;

  constructor(
    scope: Scope,
    { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  ) {
    this.#transposed = new CountedConv3dTranspose(scope.child("transp_conv"), {
      inputs,
      outputs,
      kernel: 2,
      bias: false,
    });
    this.#mix = new ResidualBlock(scope.child("conv_block"), { inputs: 2 * outputs, outputs });
  }

  /** `[n, z, y, x, inputs]` and a skip `[n, 2 z, 2 y, 2 x, outputs]`, to the shape of the skip. */
  apply(x: tf.Tensor5D, skip: tf.Tensor5D): tf.Tensor5D {
    return tf.tidy(() => this.#mix.apply(tf.concat([this.#transposed.apply(x), skip], 4)));
  }
}
