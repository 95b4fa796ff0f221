import type { LayerKind, LayerRecord } from "../nn/layer_records.ts";

/**
 * What Table 5 counts for one element of a layer's result, products and bias apart. A LeakyReLU and a
 * softmax count 1, other activations 2; a norm with a learned scale counts 2, but a layer norm 1.
 */
const PER_ELEMENT: Readonly<Record<LayerKind, number>> = {
  convolution: 0,
  transposedConvolution: 0,
  linear: 0,
  batchNorm: 2,
  groupNorm: 2,
  instanceNorm: 1,
  layerNorm: 1,
  gelu: 2,
  relu: 2,
  leakyRelu: 1,
  softmax: 1,
  resizing: 1,
};

/**
 * The "FLOPs" of the paper's Table 5 for SegFormer3D, MedNeXt and SwinSMT, whose counter looks at
 * layers: one for each multiply-accumulate, with a transposed convolution taken for a convolution
 * at its output voxels (true multiply-accumulates are at its input voxels: fewer by stride^3), one
 * for each bias added, and small change for norms, activations and resizing. The products of
 * attention and routing are in no layer and count nothing.
 *
 * Its segmentor's rows in the same table follow another rule, `paperOperations` in lib/nn/macs.ts,
 * so the two groups cannot be compared with each other.
 *
 * @param records of one volume, from `traceLayers`
 */
export function paperLayerOperations(records: readonly LayerRecord[]): number {
  return records.reduce(
    (sum, { kind, elements, fanIn, biased }) =>
      sum + elements * (fanIn + (biased ? 1 : 0) + PER_ELEMENT[kind]),
    0,
  );
}
