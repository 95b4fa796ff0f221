import type * as tf from "../tf.ts";
import { Recording } from "../nn/recording.ts";
import type { LevelShape } from "./ms_deform_attn.ts";

/** A place that one query read from, and how much it counted. */
export interface AttentionPlace {
  readonly head: number;
  /** Index of the map in the layer's pyramid. */
  readonly level: number;
  /** In units of the picture: 0 .. 1 spans it; places may lie outside, where zeros are read. */
  readonly x: number;
  readonly y: number;
  /** Share of its head's sum, in [0, 1]; a head's shares sum to 1. */
  readonly weight: number;
}

/** What one layer of multi-scale deformable attention read for the first picture of a batch. */
export interface AttentionRecord {
  /** The layer's place in the network: "encoder1.self.attention". */
  readonly layer: string;
  /** The maps that it read from. */
  readonly levels: readonly LevelShape[];
  readonly queries: number;
  readonly heads: number;
  readonly points: number;
  /** `[queries, heads, levels, points, 2]` */
  readonly locations: Float32Array;
  /** `[queries, heads, levels, points]` */
  readonly weights: Float32Array;
}

const layers = new Recording<AttentionRecord>();

/** Called by the attention layers: reports what a layer reads, if someone watches. */
export function recordAttention(
  layer: string,
  levels: readonly LevelShape[],
  locations: tf.Tensor<tf.Rank.R6>,
  weights: tf.Tensor5D,
): void {
  if (!layers.isOpen) return;
  const [, queries, heads, , points] = locations.shape;
  const count = queries * heads * levels.length * points;
  layers.add({
    layer,
    levels,
    queries,
    heads,
    points,
    locations: locations.dataSync<"float32">().slice(0, 2 * count),
    weights: weights.dataSync<"float32">().slice(0, count),
  });
}

/**
 * The places that all attention layers read from while `run` runs, in the order of the layers. The
 * caller owns the tensors that `run` makes.
 */
export function watchAttention(run: () => void): AttentionRecord[] {
  return layers.during(run);
}

/**
 * The places of one query.
 *
 * @param query index of the pixel in its own map, in row-major order
 * @throws RangeError when the layer had no such query
 */
export function placesOfQuery(record: AttentionRecord, query: number): AttentionPlace[] {
  const { levels, queries, heads, points, locations, weights } = record;
  if (!Number.isInteger(query) || query < 0 || query >= queries) {
    throw new RangeError(`query ${query} of ${record.layer} is not in 0 .. ${queries - 1}`);
  }
  const perHead = levels.length * points;
  const first = query * heads * perHead;
  return Array.from({ length: heads * perHead }, (_, i) => ({
    head: Math.floor(i / perHead),
    level: Math.floor(i % perHead / points),
    x: locations[2 * (first + i)],
    y: locations[2 * (first + i) + 1],
    weight: weights[first + i],
  }));
}
