import { Recording } from "./recording.ts";

/** What a layer is, for a counter that looks at layers. */
export type LayerKind =
  | "convolution"
  | "transposedConvolution"
  | "linear"
  | "batchNorm"
  | "groupNorm"
  | "instanceNorm"
  | "layerNorm"
  | "gelu"
  | "relu"
  | "leakyRelu"
  | "softmax"
  | "resizing";

/** One layer that ran, as such a counter sees it. */
export interface LayerRecord {
  readonly kind: LayerKind;
  /** Elements of its result. */
  readonly elements: number;
  /** Weights that make one element of a result: `k^3 inputs / groups`; 0 without a kernel. */
  readonly fanIn: number;
  readonly biased: boolean;
}

const layers = new Recording<LayerRecord>();

/** Called by the layers: reports that one ran to the trace that is running, if one is. */
export function recordLayer(kind: LayerKind, elements: number, fanIn = 0, biased = false): void {
  layers.add({ kind, elements, fanIn, biased });
}

/**
 * The layers that `run` applies, in order: what a counter of layers knows of a network. Unlike
 * `countMacs` it does not see products of two results (attention, routing) and does see biases,
 * activations and resizing. The caller owns the tensors that `run` makes.
 */
export function traceLayers(run: () => void): LayerRecord[] {
  return layers.during(run);
}
