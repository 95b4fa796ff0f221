import * as tf from "../tf.ts";
import type { SilhouetteDetectorConfig } from "../config/config.ts";
import { UserError } from "../errors.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { ConvNorm2d, type ConvNorm2dOptions } from "../nn/conv_norm2d.ts";
import { constant, type Scope } from "../nn/parameters.ts";
import { resizeBilinear2d } from "../nn/resize2d.ts";
import type { ViewBox } from "./fusion.ts";
import { readWalls } from "./silhouette_walls.ts";
import type { ViewNetwork } from "./view_network.ts";

/** The U-Net's finest level has half of the picture's edge. */
const stemStride = 2;
/** Initial logit: a silhouette covers about a tenth of a picture. */
const initialLogit = -2;
const channelsPerGroup = 4;

/**
 * The compact detector of one view: a residual 2D U-Net (Ronneberger 2015) that predicts the organ's
 * silhouette, from whose profiles the walls are read.
 *
 * A silhouette says something at every pixel where a box says four numbers, and it does not mind that
 * an organ is missing from the centre slice. To save operations the stem halves the picture at once
 * and the logits are enlarged at the end; walls are read between pixels anyway.
 */
export class SilhouetteNet implements ViewNetwork {
  readonly #stem: ConvNorm2d;
  readonly #encoder: readonly ResidualBlock[];
  /** Finest first; one less than levels. */
  readonly #down: readonly ConvNorm2d[];
  readonly #merge: readonly ConvNorm2d[];
  readonly #decoder: readonly ResidualBlock[];
  readonly #head: Conv2d;
  readonly #pieces: readonly number[];

  /**
   * @param picture edge in pixels, a multiple of 2^levels; channels of the pictures; of each
   *   silhouette that is predicted, how many pieces its organ comes in
   */
  constructor(
    scope: Scope,
    { widths }: SilhouetteDetectorConfig,
    { edge, channels, pieces = [1] }: {
      edge: number;
      channels: number;
      pieces?: readonly number[];
    },
  ) {
    checkSizes(edge, widths);
    this.#pieces = pieces;
    this.#stem = convNorm(scope.child("stem"), {
      inputs: channels,
      outputs: widths[0],
      kernel: 2 * stemStride,
      stride: stemStride,
    });
    this.#encoder = widths.map((width, i) => new ResidualBlock(scope.child(`encoder${i}`), width));
    const finer = widths.slice(0, -1);
    this.#down = finer.map((width, i) =>
      convNorm(scope.child(`down${i}`), {
        inputs: width,
        outputs: widths[i + 1],
        kernel: 2,
        stride: 2,
      })
    );
    this.#merge = finer.map((width, i) =>
      convNorm(scope.child(`merge${i}`), {
        inputs: width + widths[i + 1],
        outputs: width,
        kernel: 1,
        stride: 1,
      })
    );
    this.#decoder = finer.map((width, i) => new ResidualBlock(scope.child(`decoder${i}`), width));
    this.#head = new Conv2d(scope.child("head"), {
      inputs: widths[0],
      outputs: pieces.length,
      kernel: 1,
      initializeBias: constant(initialLogit),
    });
  }

  /** Logits `[n, edge, edge, outputs]`. */
  apply(pictures: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const skips: tf.Tensor4D[] = [];
      let map = this.#stem.apply(pictures);
      this.#encoder.forEach((block, level) => {
        map = block.apply(level === 0 ? map : this.#down[level - 1].apply(map));
        skips.push(map);
      });
      for (let level = this.#decoder.length - 1; level >= 0; level--) {
        const skip = skips[level];
        const enlarged = resizeBilinear2d(map, [skip.shape[1], skip.shape[2]]);
        map = this.#decoder[level].apply(this.#merge[level].apply([skip, enlarged]));
      }
      return resizeBilinear2d(this.#head.apply(map), [pictures.shape[1], pictures.shape[2]]);
    });
  }

  /** Walls of the silhouettes; see `readWalls`. */
  async read(logits: tf.Tensor, targets?: readonly number[]): Promise<ViewBox[][]> {
    const [, rows, columns] = logits.shape;
    const pictures = await this.silhouettes(logits, targets);
    const pieces = targets?.map((target) => this.#pieces[target]) ?? this.#pieces;
    return pictures.map((ofOne) =>
      ofOne.map((picture, i) => readWalls(picture, rows, columns, pieces[i]))
    );
  }

  /**
   * The probability of each pixel that the line of sight meets the target: of each picture, one
   * `[edge, edge]` in [0, 1] for each target.
   *
   * @param logits as {@linkcode SilhouetteNet.apply} gives them
   * @param wanted as of {@linkcode ViewNetwork.read}
   */
  async silhouettes(logits: tf.Tensor, wanted?: readonly number[]): Promise<Float32Array[][]> {
    const [n, rows, columns, targets] = logits.shape;
    const read = wanted ?? Array.from({ length: targets }, (_, target) => target);
    const apart = tf.tidy(() => tf.sigmoid(logits).transpose([0, 3, 1, 2]));
    const values = await apart.data() as Float32Array;
    apart.dispose();
    const pixels = rows * columns;
    return Array.from({ length: n }, (_, i) =>
      read.map((target) => {
        const start = (i * targets + target) * pixels;
        return values.subarray(start, start + pixels);
      }));
  }

  /** 1 for all. */
  learningRateScale(): number {
    return 1;
  }
}

function checkSizes(edge: number, widths: readonly number[]): void {
  const unit = 2 ** widths.length;
  const rules: [holds: boolean, rule: string, seen: string][] = [
    [
      edge % unit === 0,
      `with ${widths.length} widths a picture's edge must be a multiple of ${unit} pixels`,
      String(edge),
    ],
    [
      widths.length > 0 && widths.every((width) => width > 0 && width % channelsPerGroup === 0),
      `widths must be multiples of ${channelsPerGroup}`,
      widths.join(", "),
    ],
  ];
  for (const [holds, rule, seen] of rules) {
    if (holds) continue;
    throw new UserError({
      what: "cannot build the silhouette detector",
      rule,
      seen,
      remedy: "Change detector.view.edge or detector.network.widths",
    });
  }
}

/** With GroupNorm by {@linkcode channelsPerGroup}. */
function convNorm(scope: Scope, options: Omit<ConvNorm2dOptions, "groups">): ConvNorm2d {
  return new ConvNorm2d(scope, { ...options, groups: options.outputs / channelsPerGroup });
}

/** Two 3 x 3 convolutions around which the input is added, as in He 2016. */
class ResidualBlock {
  readonly #first: ConvNorm2d;
  readonly #second: ConvNorm2d;

  constructor(scope: Scope, width: number) {
    const shape = { inputs: width, outputs: width, kernel: 3, stride: 1 };
    this.#first = convNorm(scope.child("first"), shape);
    this.#second = convNorm(scope.child("second"), shape);
  }

  apply(x: tf.Tensor4D): tf.Tensor4D {
    return this.#second.apply(this.#first.apply(x), x);
  }
}
