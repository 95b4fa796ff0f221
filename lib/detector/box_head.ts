import * as tf from "../tf.ts";
import { Linear } from "../nn/linear.ts";
import { recordOp } from "../nn/macs.ts";
import { constant, type Scope } from "../nn/parameters.ts";
import { asPixels } from "./pyramid_attention.ts";
import type { StagePosition } from "./position.ts";

/** Initial bias of width and height before the sigmoid: a box of an eighth of the picture. */
const initialSize = -2;

/**
 * The feed-forward box head: F'_0 becomes one vector, then an MLP D-D-D-4 with ReLU and a sigmoid
 * (Zhu 2020, section A.3) gives one box as centre and size.
 *
 * The paper does not say how a map becomes a vector. A plain mean would lose where things are, so the
 * pixels, with their position added, are pooled by attention: every head has a learned query, a
 * softmax over the pixels, and its own part of the channels.
 */
export class BoxHead {
  readonly #heads: number;
  readonly #scores: Linear;
  readonly #values: Linear;
  readonly #layers: readonly Linear[];

  constructor(scope: Scope, { width, heads }: { width: number; heads: number }) {
    this.#heads = heads;
    this.#scores = new Linear(scope.child("scores"), { inputs: width, outputs: heads });
    this.#values = new Linear(scope.child("values"), { inputs: width, outputs: width });
    const square = { inputs: width, outputs: width };
    this.#layers = [
      new Linear(scope.child("layer0"), square),
      new Linear(scope.child("layer1"), square),
      new Linear(scope.child("layer2"), {
        inputs: width,
        outputs: 4,
        initialize: constant(0),
        initializeBias: () => Float32Array.of(0, 0, initialSize, initialSize),
      }),
    ];
  }

  /**
   * @param map F'_0, `[n, rows, columns, width]`
   * @returns `[n, 4]`: centre x, centre y, width, height in 0 .. 1
   */
  apply(map: tf.Tensor4D, position: StagePosition): tf.Tensor2D {
    return tf.tidy(() => {
      const [, rows, columns] = map.shape;
      const pixels = asPixels(map).add<tf.Tensor3D>(position.of(0, { rows, columns }));
      const [first, second, last] = this.#layers;
      const hidden = second.apply(first.apply(this.#pool(pixels)).relu()).relu();
      return tf.sigmoid(last.apply(hidden)) as tf.Tensor2D;
    });
  }

  /** `[n, q, width]` to `[n, width]`. */
  #pool(pixels: tf.Tensor3D): tf.Tensor2D {
    const [n, count, width] = pixels.shape;
    const depth = width / this.#heads;
    const shares = tf.softmax(this.#scores.apply(pixels).transpose([0, 2, 1])); // [n, heads, q]
    const values = this.#values.apply(pixels).reshape([n, count, this.#heads, depth])
      .transpose([0, 2, 1, 3]); // [n, heads, q, depth]
    recordOp("attention", n * width, n * count * width);
    return tf.matMul(shares.expandDims(2), values).reshape([n, width]);
  }
}
