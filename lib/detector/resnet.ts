import * as tf from "../tf.ts";
import { BatchNorm } from "../nn/batch_norm.ts";
import { Conv2d, padPicture } from "../nn/conv2d.ts";
import { type Initializer, normal, type Pass, type Scope } from "../nn/parameters.ts";
import { relu } from "../nn/relu.ts";

/** Names of the backbones: torchvision's, and one small enough for tests. */
export type BackboneName = "resnet34" | "resnet50" | "small";

interface Architecture {
  /** Channels of the stem. */
  readonly stem: number;
  /** Inner channels of the four layers' blocks. */
  readonly channels: readonly number[];
  readonly blocks: readonly number[];
  /** Two 3 x 3 convolutions, or 1 x 1, 3 x 3 and 1 x 1 with four times the channels at the end. */
  readonly block: "basic" | "bottleneck";
}

const architectures: Readonly<Record<BackboneName, Architecture>> = {
  resnet34: { stem: 64, channels: [64, 128, 256, 512], blocks: [3, 4, 6, 3], block: "basic" },
  resnet50: { stem: 64, channels: [64, 128, 256, 512], blocks: [3, 4, 6, 3], block: "bottleneck" },
  small: { stem: 8, channels: [8, 12, 16, 24], blocks: [1, 1, 1, 1], block: "basic" },
};

/** Mean and standard deviation of ImageNet's pictures over the three colours, for grey values in 0 .. 1. */
const imageNetMean = 0.449;
const imageNetDeviation = 0.226;

/** Options of a {@linkcode ResNet}. */
export interface ResNetOptions {
  readonly name: BackboneName;
  /** Channels of the pictures. */
  readonly inputs: number;
  /**
   * Keep the running statistics of the norms, in training too, as DETR does with a pretrained
   * backbone; their scale and shift stay trainable.
   */
  readonly frozenStatistics: boolean;
}

/**
 * A residual network (He 2016; the variant of torchvision, whose parameters' names it has) without
 * its classifier.
 *
 * Where torchvision takes three colours, the first convolution here takes the picture's own channels,
 * normalised by ImageNet's grey mean and deviation; {@linkcode loadBackbone} distributes the
 * colours' weights over them.
 */
export class ResNet {
  /** Channels of the four maps that {@linkcode ResNet.apply} returns. */
  readonly outputs: readonly number[];
  readonly #stem: ConvNorm;
  readonly #layers: readonly (readonly Block[])[];
  readonly #frozenStatistics: boolean;

  constructor(scope: Scope, { name, inputs, frozenStatistics }: ResNetOptions) {
    const { stem, channels, blocks, block } = architectures[name];
    const expansion = block === "basic" ? 1 : 4;
    this.outputs = channels.map((width) => width * expansion);
    this.#frozenStatistics = frozenStatistics;
    this.#stem = new ConvNorm(scope.child("conv1"), scope.child("bn1"), {
      inputs,
      outputs: stem,
      kernel: 7,
      stride: 2,
    });
    this.#layers = blocks.map((count, layer) =>
      Array.from({ length: count }, (_, i) =>
        new Block(scope.child(`layer${layer + 1}`).child(i), {
          inputs: i > 0 ? this.outputs[layer] : layer > 0 ? this.outputs[layer - 1] : stem,
          width: channels[layer],
          stride: i === 0 && layer > 0 ? 2 : 1,
          block,
        }))
    );
  }

  /**
   * @param pictures `[n, rows, columns, inputs]`, values in 0 .. 1
   * @returns the maps at 1/4, 1/8, 1/16 and 1/32 of the pictures' edges, rounded up
   */
  apply(pictures: tf.Tensor4D, pass: Pass): tf.Tensor4D[] {
    const normPass = this.#frozenStatistics ? { ...pass, training: false } : pass;
    const normalized = pictures.sub(imageNetMean).div<tf.Tensor4D>(imageNetDeviation);
    const stem = relu(this.#stem.apply(normalized, normPass));
    // Zeros are as good as minus infinity here: nothing below zero comes out of a ReLU.
    let map = tf.maxPool(padPicture(stem, 1), 3, 2, "valid");
    return this.#layers.map((blocks) => {
      for (const block of blocks) map = block.apply(map, normPass);
      return map;
    });
  }
}

interface ConvNormOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
}

/** A convolution without bias and its BatchNorm. */
class ConvNorm {
  readonly #conv: Conv2d;
  readonly #norm: BatchNorm;

  constructor(conv: Scope, norm: Scope, options: ConvNormOptions) {
    this.#conv = new Conv2d(conv, {
      ...options,
      padding: (options.kernel - 1) / 2,
      bias: false,
      initialize: kaimingNormal(options),
    });
    this.#norm = new BatchNorm(norm, options.outputs);
  }

  apply(x: tf.Tensor4D, pass: Pass): tf.Tensor4D {
    const y = this.#conv.apply(x);
    const [n, rows, columns, channels] = y.shape;
    // The norm is made for volumes; a picture is one of a single slice.
    const slice = y.reshape<tf.Tensor5D>([n, 1, rows, columns, channels]);
    return this.#norm.apply(slice, pass).reshape(y.shape);
  }
}

/** He 2015 by fan-out, for a ReLU behind. */
function kaimingNormal({ outputs, kernel }: ConvNormOptions): Initializer {
  return normal(Math.sqrt(2 / (outputs * kernel ** 2)));
}

interface BlockOptions {
  readonly inputs: number;
  readonly width: number;
  readonly stride: number;
  readonly block: Architecture["block"];
}

class Block {
  readonly #convs: readonly ConvNorm[];
  readonly #shortcut: ConvNorm | null;

  constructor(scope: Scope, { inputs, width, stride, block }: BlockOptions) {
    const shapes = block === "basic"
      ? [
        { inputs, outputs: width, kernel: 3, stride },
        { inputs: width, outputs: width, kernel: 3, stride: 1 },
      ]
      : [
        { inputs, outputs: width, kernel: 1, stride: 1 },
        { inputs: width, outputs: width, kernel: 3, stride },
        { inputs: width, outputs: 4 * width, kernel: 1, stride: 1 },
      ];
    this.#convs = shapes.map((shape, i) =>
      new ConvNorm(scope.child(`conv${i + 1}`), scope.child(`bn${i + 1}`), shape)
    );
    const outputs = shapes[shapes.length - 1].outputs;
    const shortcut = scope.child("downsample");
    this.#shortcut = stride === 1 && inputs === outputs ? null : new ConvNorm(
      shortcut.child(0),
      shortcut.child(1),
      { inputs, outputs, kernel: 1, stride },
    );
  }

  apply(x: tf.Tensor4D, pass: Pass): tf.Tensor4D {
    const residual = this.#convs.reduce(
      (map, conv, i) => conv.apply(i === 0 ? map : relu(map), pass),
      x,
    );
    return relu(residual.add<tf.Tensor4D>(this.#shortcut?.apply(x, pass) ?? x));
  }
}
