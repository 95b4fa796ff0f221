import * as tf from "../tf.ts";
import { normal, type Scope } from "../nn/parameters.ts";
import type { LevelShape } from "./ms_deform_attn.ts";

const temperature = 10_000;

/**
 * Where a pixel is: a fixed sine code of its place plus a learned vector of its stage (section 3.1,
 * "spatial positional embedding ... assigns unique encoding values to different stages"). The queries
 * of an attention are of one stage and the positions are added to these alone, so that the vector
 * is one that the layer's own biases could learn as well.
 */
export class StagePosition {
  readonly #stages: tf.Variable;
  readonly #width: number;

  /** @param stageCount M; the stages are numbered from 1 */
  constructor(scope: Scope, { stageCount, width }: { stageCount: number; width: number }) {
    this.#stages = scope.weight("stages", [stageCount, width], normal(1));
    this.#width = width;
  }

  /** `[1, rows * columns, width]` for a map of that stage, 1 .. M. */
  of(stage: number, shape: LevelShape): tf.Tensor3D {
    return tf.tidy(() => {
      const place = sinePosition(shape, this.#width);
      return place.add(this.#stages.slice([stage - 1, 0], [1, this.#width])).expandDims<
        tf.Tensor3D
      >(0);
    });
  }
}

/**
 * Sine code of a picture's places (Vaswani 2017, in two dimensions as in Carion 2020, DETR): the
 * first half of the channels encodes y, the second x; channels 2i and 2i + 1 of a half hold sine and
 * cosine of 2 pi (place + 0.5) / edge / 10000^(2i / half).
 *
 * @param width a multiple of 4
 * @returns `[rows * columns, width]`
 */
export function sinePosition({ rows, columns }: LevelShape, width: number): tf.Tensor2D {
  if (width % 4 !== 0) {
    throw new Error(`a sine position needs a multiple of 4 channels, not ${width}`);
  }
  const half = width / 2;
  const codes = new Float32Array(rows * columns * width);
  let i = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (const angle of [(row + 0.5) / rows, (column + 0.5) / columns]) {
        for (let channel = 0; channel < half; channel += 2) {
          const phase = (2 * Math.PI * angle) / temperature ** (channel / half);
          codes[i++] = Math.sin(phase);
          codes[i++] = Math.cos(phase);
        }
      }
    }
  }
  return tf.tensor2d(codes, [rows * columns, width]);
}

/**
 * Each pixel's own centre as its reference on every level of a pyramid.
 *
 * @returns `[1, rows * columns, levels, 2]`, (x, y) in 0 .. 1
 */
export function pixelReferences({ rows, columns }: LevelShape, levels: number): tf.Tensor4D {
  const centres: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let level = 0; level < levels; level++) {
        centres.push((column + 0.5) / columns, (row + 0.5) / rows);
      }
    }
  }
  return tf.tensor4d(centres, [1, rows * columns, levels, 2]);
}
