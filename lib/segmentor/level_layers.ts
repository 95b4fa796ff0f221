import type { SegmentorConfig } from "../config/config.ts";
import type { LayerKind, LayerRecord } from "../nn/layer_records.ts";
import { correctionInputs, FINE_KERNEL } from "./fine_level.ts";
import { GATE_KERNEL, imageChannels, type Level, segmentorLevels } from "./levels.ts";
import { stageForEdge } from "./stage_rule.ts";

/**
 * The layers that a cube of this edge passes in the segmentor, as `traceLayers` would tell them:
 * refine blocks are run as one operation each, so that there are no layers to trace.
 *
 * @param outputs channels of the logits
 * @throws {UserError} when the edge is not legal, or the configuration contradicts itself
 */
export function segmentorLayers(
  config: SegmentorConfig,
  edge: number,
  outputs: number,
): LayerRecord[] {
  const stages = stageLayers(config, edge, outputs);
  const { fineWidth } = config;
  if (fineWidth === 0) return stages;
  const [voxels, taps] = [edge ** 3, FINE_KERNEL ** 3];
  return [
    layer("convolution", voxels * fineWidth, taps, true),
    layer("relu", voxels * fineWidth),
    ...stages,
    layer("convolution", voxels * outputs, taps * correctionInputs(fineWidth, outputs), true),
  ];
}

function stageLayers(config: SegmentorConfig, edge: number, outputs: number): LayerRecord[] {
  const stage = stageForEdge(edge, config);
  const levels = segmentorLevels(config).slice(stage - 1);
  const inner = levels.flatMap((level) => {
    const isLast = level.index === 0;
    return levelLayers(level, isLast ? outputs : level.inputs, !isLast || config.normalizeLogits);
  });
  if (stage === 1) return inner;
  const { inputs } = levels[0];
  const kernel = GATE_KERNEL ** 3;
  return [
    layer("convolution", edge ** 3 / kernel * inputs, kernel * imageChannels(config), true),
    ...inner,
    layer("transposedConvolution", edge ** 3 * outputs, kernel * inputs, true),
  ];
}

/**
 * The layers of a level's encoder and decoder, for one cube.
 *
 * @param grown channels that the decoder's transposed convolution gives
 * @param isNormalized whether a norm follows on it
 */
export function levelLayers(level: Level, grown: number, isNormalized: boolean): LayerRecord[] {
  const { inputs, channels, kernel, blocks, gridEdge } = level;
  const voxels = gridEdge ** 3;
  const size = voxels * channels;
  const grownSize = voxels * kernel ** 3 * grown;
  const block = blockLayers(level);
  return [
    layer("convolution", size, kernel ** 3 * inputs, true),
    layer("groupNorm", size),
    ...Array.from({ length: 2 * blocks }, () => block).flat(),
    layer("transposedConvolution", grownSize, kernel ** 3 * channels, true),
    ...(isNormalized ? [layer("groupNorm", grownSize)] : []),
  ];
}

/** Of a refine block. Its softmax is a function there and no layer, which counters do not see. */
function blockLayers({ channels, stride, gridEdge }: Level): LayerRecord[] {
  const size = gridEdge ** 3 * channels;
  const tokens = Math.ceil(gridEdge / stride) ** 3;
  const pointwise = (outputs: number, inputs: number) =>
    layer("convolution", gridEdge ** 3 * outputs, inputs);
  const position = layer("convolution", size, 27);
  const perceptron = [
    pointwise(4 * channels, channels),
    layer("gelu", 4 * size),
    pointwise(channels, 4 * channels),
  ];
  return [
    position,
    layer("batchNorm", size),
    pointwise(channels, channels),
    layer("convolution", size, 27),
    layer("batchNorm", size),
    pointwise(channels, channels),
    ...perceptron,
    position,
    layer("convolution", tokens * 3 * channels, channels),
    layer("transposedConvolution", size, stride ** 3, true),
    layer("groupNorm", size),
    pointwise(channels, channels),
    ...perceptron,
  ];
}

function layer(kind: LayerKind, elements: number, fanIn = 0, biased = false): LayerRecord {
  return { kind, elements, fanIn, biased };
}
