import * as tf from "../tf.ts";
import { Linear } from "../nn/linear.ts";
import { recordOp } from "../nn/macs.ts";
import { constant, type Initializer, type Scope, xavierUniform } from "../nn/parameters.ts";
import { recordAttention } from "./attention_places.ts";

/** The size of one map of a pyramid. */
export interface LevelShape {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The core of multi-scale deformable attention (Zhu 2020, Deformable DETR, Eq. 3): every query sums
 * values that it reads bilinearly, zero outside, at a few places of each level.
 *
 * @param value `[n, s, heads, d]`, s the pixels of all levels one after the other, each in row-major
 *   order
 * @param levels the shapes of the levels, whose pixels add up to s
 * @param locations `[n, q, heads, levels, points, 2]`, (x, y) in units of the level: 0 .. 1 spans it,
 *   so that location * size - 0.5 is a position between pixel centres
 * @param weights `[n, q, heads, levels, points]`
 * @returns `[n, q, heads * d]`
 */
export function deformableSum(
  value: tf.Tensor4D,
  levels: readonly LevelShape[],
  locations: tf.Tensor<tf.Rank.R6>,
  weights: tf.Tensor5D,
): tf.Tensor3D {
  const [n, , heads, depth] = value.shape;
  const [, queries, , levelCount, points] = locations.shape;
  const elements = n * queries * heads * depth;
  recordOp("attention", elements, elements * levelCount * points * 4);
  return tf.hasNativeOps()
    ? nativeSum(value, levels, locations, weights)
    : composedSum(value, levels, locations, weights);
}

/** By our own op (lib/nn/native/deformable_sum.h), which gathers nothing. */
function nativeSum(...[value, levels, locations, weights]: Parameters<typeof deformableSum>) {
  const attributes = {
    rows: tf.attr.ints(levels.map(({ rows }) => rows)),
    columns: tf.attr.ints(levels.map(({ columns }) => columns)),
  };
  const op = tf.customGrad((...args) => {
    const [inputs, save] = [args.slice(0, 3) as tf.Tensor[], args[3] as tf.GradSaveFunc];
    save(inputs);
    return {
      value: tf.rawOp("RoisegDeformableSum", attributes, inputs),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.rawOps("RoisegDeformableSumBack", attributes, [...saved, dy], 3),
    };
  });
  return op(value, locations, weights) as tf.Tensor3D;
}

function composedSum(...[value, levels, locations, weights]: Parameters<typeof deformableSum>) {
  return tf.tidy(() => {
    const [n, pixels, heads, depth] = value.shape;
    const [, queries, , levelCount, points] = locations.shape;
    const sums = n * queries * heads;
    const perLevel = (values: readonly number[]): tf.Tensor =>
      tf.tensor(values, [levelCount, 1, 1]);
    const columns = perLevel(levels.map((level) => level.columns));
    const rows = perLevel(levels.map((level) => level.rows));
    const starts = levels.map((_, i) => pixelCount(levels.slice(0, i)));

    const [x, y] = tf.split(locations.reshape([sums, levelCount, points, 2]), 2, 3);
    const alongX = neighbours(x, columns); // [sums, levels, points, 2]
    const alongY = neighbours(y, rows);

    const shape = [sums, levelCount, points];
    const factors = tf.mul(
      alongY.factors.reshape([...shape, 2, 1]),
      alongX.factors.reshape([...shape, 1, 2]),
    );
    const coefficients = factors.mul(weights.reshape([...shape, 1, 1]));
    const pixel = alongY.indices.mul(columns).reshape([...shape, 2, 1])
      .add(alongX.indices.reshape([...shape, 1, 2]))
      .add(tf.tensor(starts, [levelCount, 1, 1, 1])); // [sums, levels, points, 2, 2]

    const samples = levelCount * points * 4;
    const whole = (value: number): tf.Scalar => tf.scalar(value, "int32");
    const firstRow = tf.range(0, n, 1, "int32").mul(whole(pixels * heads)).reshape([n, 1, 1, 1]);
    const head = tf.range(0, heads, 1, "int32").reshape([1, 1, heads, 1]);
    const valueRow = pixel.cast("int32").reshape([n, queries, heads, samples]).mul(whole(heads))
      .add(firstRow).add(head);

    return gatherSum(
      value.reshape([n * pixels * heads, depth]),
      valueRow.reshape([sums, samples]),
      coefficients.reshape([sums, samples]),
    ).reshape<tf.Tensor3D>([n, queries, heads * depth]);
  });
}

/** Pixels of all levels together. */
export function pixelCount(levels: readonly LevelShape[]): number {
  return levels.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/**
 * The two pixels around each position on one axis: their indices, moved inside the level, and their
 * bilinear factors, 0 for a pixel that was outside.
 *
 * @param location `[sums, levels, points, 1]` in units of the level
 * @param edge `[levels, 1, 1]` pixels
 */
function neighbours(
  location: tf.Tensor,
  edge: tf.Tensor,
): { indices: tf.Tensor; factors: tf.Tensor } {
  const position = location.mul(edge).sub(0.5);
  const below = constantOf(position, (x) => x.floor());
  const fraction = position.sub(below);
  const indices = tf.concat([below, below.add(1)], 3); // [sums, levels, points, 2]
  const last = edge.sub(1);
  const inside = constantOf(
    indices,
    (i) => i.greaterEqual(0).logicalAnd(i.lessEqual(last)).cast("float32"),
  );
  return {
    indices: indices.maximum(0).minimum(last),
    factors: tf.concat([tf.sub(1, fraction), fraction], 3).mul(inside),
  };
}

/** `f(x)` as a constant: comparisons have no gradient in TensorFlow.js, not even zero. */
function constantOf(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const { shape } = x;
  return tf.customGrad((x) => ({ value: f(x as tf.Tensor), gradFunc: () => tf.zeros(shape) }))(x);
}

/**
 * `sum over k of coefficients[i, k] * rows[indices[i, k]]`. The gathered rows are the largest tensor
 * of the attention; they are gathered again for the gradient instead of being kept until then.
 *
 * @param rows `[r, d]`
 * @param indices `[i, k]`, int32
 * @param coefficients `[i, k]`
 * @returns `[i, d]`
 */
function gatherSum(rows: tf.Tensor, indices: tf.Tensor, coefficients: tf.Tensor): tf.Tensor {
  const [sums, samples] = indices.shape;
  const depth = rows.shape[1]!;
  const op = tf.customGrad((...args) => {
    const [rows, coefficients, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([rows, coefficients, indices]);
    const gathered = tf.gather(rows, indices as tf.Tensor2D); // [i, k, d]
    return {
      value: tf.matMul(coefficients.reshape([sums, 1, samples]), gathered).reshape([sums, depth]),
      gradFunc: (dy, [rows, coefficients, indices]) => {
        const column = dy.reshape([sums, depth, 1]);
        const gathered = tf.gather(rows, indices as tf.Tensor2D);
        const spread = tf.matMul(
          coefficients.reshape([sums, samples, 1]),
          dy.reshape([sums, 1, depth]),
        );
        return [
          tf.unsortedSegmentSum(
            spread.reshape([sums * samples, depth]),
            indices.reshape([sums * samples]) as tf.Tensor1D,
            rows.shape[0],
          ),
          tf.matMul(gathered, column).reshape([sums, samples]),
        ];
      },
    };
  });
  return op(rows, coefficients);
}

/** Shape of a {@linkcode MultiScaleDeformableAttention} layer. */
export interface DeformableAttentionOptions {
  /** Channels of queries, values and result; a multiple of `heads`. */
  readonly width: number;
  readonly heads: number;
  /** Maps in the pyramid that is attended to. */
  readonly levels: number;
  /** Places that a head reads on each level. */
  readonly points: number;
}

/** What {@linkcode MultiScaleDeformableAttention} attends with and to. */
export interface DeformableAttentionInput {
  /** `[n, q, width]`, with position. */
  readonly query: tf.Tensor3D;
  /**
   * `[n or 1, q, levels, 2]`: points (x, y) in units of the level; or `[.., 4]`: boxes (centre x,
   * centre y, width, height), whose size then scales the offsets.
   */
  readonly reference: tf.Tensor4D;
  /** `[n, s, width]`: the levels' pixels, without position. */
  readonly values: tf.Tensor3D;
  readonly levels: readonly LevelShape[];
  /** `[n, s]`, 1 where a pixel is padding, whose value then counts as 0. */
  readonly padding?: tf.Tensor2D;
}

/**
 * Multi-scale deformable attention (Zhu 2020, section 4.1), the paper's "multi-scale attention": a
 * query predicts where to look (offsets from its reference, in pixels of each level) and how much
 * each place counts (softmax over levels and points together).
 *
 * Initially offsets do not depend on the query: head h looks along the angle 2 pi h / heads, point p
 * at p + 1 pixels, all places with equal weight.
 */
export class MultiScaleDeformableAttention {
  readonly #path: string;
  readonly #options: DeformableAttentionOptions;
  readonly #offsets: Linear;
  readonly #weights: Linear;
  readonly #value: Linear;
  readonly #output: Linear;

  constructor(scope: Scope, options: DeformableAttentionOptions) {
    const { width, heads, levels, points } = options;
    if (width % heads !== 0) throw new Error(`${width} channels cannot be cut into ${heads} heads`);
    this.#path = scope.path;
    this.#options = options;
    this.#offsets = new Linear(scope.child("samplingOffsets"), {
      inputs: width,
      outputs: heads * levels * points * 2,
      initialize: constant(0),
      initializeBias: circleOfOffsets(options),
    });
    this.#weights = new Linear(scope.child("attentionWeights"), {
      inputs: width,
      outputs: heads * levels * points,
      initialize: constant(0),
      initializeBias: constant(0),
    });
    const square = {
      inputs: width,
      outputs: width,
      initialize: xavierUniform(width, width),
      initializeBias: constant(0),
    };
    this.#value = new Linear(scope.child("valueProjection"), square);
    this.#output = new Linear(scope.child("outputProjection"), square);
  }

  /** Returns `[n, q, width]`. */
  apply({ query, reference, values, levels, padding }: DeformableAttentionInput): tf.Tensor3D {
    return tf.tidy(() => {
      const { width, heads, points } = this.#options;
      const [n, queries] = query.shape;
      const pixels = values.shape[1];
      const projected = this.#value.apply(values);
      const kept = padding ? projected.mul(tf.sub(1, padding).expandDims(2)) : projected;
      const weights = tf.softmax(
        this.#weights.apply(query).reshape([n, queries, heads, levels.length * points]),
      ).reshape<tf.Tensor5D>([n, queries, heads, levels.length, points]);
      const locations = this.#locations(query, reference, levels);
      recordAttention(this.#path, levels, locations, weights);
      const summed = deformableSum(
        kept.reshape([n, pixels, heads, width / heads]),
        levels,
        locations,
        weights,
      );
      return this.#output.apply(summed);
    });
  }

  #locations(
    query: tf.Tensor3D,
    reference: tf.Tensor4D,
    levels: readonly LevelShape[],
  ): tf.Tensor<tf.Rank.R6> {
    const { heads, points } = this.#options;
    const [n, queries] = query.shape;
    const [m, , count, size] = reference.shape;
    // One row for each sum and level: TensorFlow broadcasts only a few dimensions.
    const offsets = this.#offsets.apply(query).reshape([-1, points, 2]);
    const places = tf.tile(reference.reshape([m, queries, 1, count * size]), [n / m, 1, heads, 1])
      .reshape([-1, 1, size]);
    if (size === 2) {
      const sizes = levels.flatMap(({ rows, columns }) => [columns, rows]);
      const inLevel = offsets.reshape([-1, count, points, 2]).div(tf.tensor(sizes, [count, 1, 2]));
      return places.add(inLevel.reshape([-1, points, 2]))
        .reshape([n, queries, heads, count, points, 2]);
    }
    const [centre, extent] = tf.split(places, 2, 2);
    return centre.add(offsets.mul(extent.mul(0.5 / points)))
      .reshape([n, queries, heads, count, points, 2]);
  }
}

/** Zhu 2020, section A.4: the directions of the heads on a square around the reference. */
function circleOfOffsets({ heads, levels, points }: DeformableAttentionOptions): Initializer {
  return () => {
    const bias: number[] = [];
    for (let head = 0; head < heads; head++) {
      const angle = (2 * Math.PI * head) / heads;
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      const reach = Math.max(Math.abs(x), Math.abs(y));
      for (let level = 0; level < levels; level++) {
        for (let point = 1; point <= points; point++) {
          bias.push((x / reach) * point, (y / reach) * point);
        }
      }
    }
    return Float32Array.from(bias);
  };
}
