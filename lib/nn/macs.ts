import { Recording } from "./recording.ts";

/** What an operation is, for counting. */
export type OpKind =
  | "convolution"
  | "transposedConvolution"
  | "linear"
  | "attention"
  | "batchNorm"
  | "groupNorm"
  | "layerNorm";

/** One operation that a layer reported. */
export interface OpRecord {
  readonly kind: OpKind;
  /** Multiply-accumulates by definition of the layer, however it is computed; 0 for norms. */
  readonly macs: number;
  /** Elements of the result. */
  readonly elements: number;
}

/** What a run of a network cost. */
export interface OpCount {
  /** True multiply-accumulates: no biases, norms, activations or sums. */
  readonly macs: number;
  /** Every operation, in order. */
  readonly records: readonly OpRecord[];
}

const operations = new Recording<OpRecord>();

/** Called by the layers: reports an operation to the count that is running, if one is. */
export function recordOp(kind: OpKind, elements: number, macs = 0): void {
  operations.add({ kind, macs, elements });
}

/**
 * Counts the operations of `run`, which applies layers of lib/nn once. The caller owns the tensors
 * that `run` makes: wrap its body in `tf.tidy`.
 */
export function countMacs(run: () => void): OpCount {
  const records = operations.during(run);
  return { macs: records.reduce((sum, record) => sum + record.macs, 0), records };
}

/** Elements that operations of these kinds produced. */
export function elementsOf(count: OpCount, ...kinds: readonly OpKind[]): number {
  return count.records.filter((record) => kinds.includes(record.kind))
    .reduce((sum, record) => sum + record.elements, 0);
}

/**
 * The "FLOPs" of the paper's Table 5 for its own network: true multiply-accumulates plus 5 for each
 * element that a norm produces; biases, activations, softmax and sums count nothing.
 */
export function paperOperations(count: OpCount): number {
  return count.macs + 5 * elementsOf(count, "batchNorm", "groupNorm", "layerNorm");
}
