import * as tf from "../tf.ts";
import type { Detector } from "../detector/detector.ts";
import { viewChannels } from "../detector/views.ts";
import { countMacs, paperOperations } from "../nn/macs.ts";
import { inference, type Parameters } from "../nn/parameters.ts";
import { segmentorLayers } from "../segmentor/level_layers.ts";
import type { Segmentor } from "../segmentor/segmentor.ts";
import { viewNames } from "../volume/projection.ts";
import { paperLayerOperations } from "./counting_rules.ts";
import type { CubePart, ModelCost } from "./records.ts";

/**
 * What the segmentor costs for a cube of this edge, batch 1.
 *
 * @param part "whole" where the cube is the whole volume
 * @throws {UserError} when the segmentor does not take the edge
 */
export async function segmentorCost(
  segmentor: Segmentor,
  parameters: Parameters,
  edge: number,
  part: CubePart = "segmentor",
): Promise<ModelCost> {
  const run = () => {
    const image = tf.zeros([1, edge, edge, edge, 1]) as tf.Tensor5D;
    segmentor.apply(image, inference);
  };
  const active = segmentor.activeNames(edge);
  return {
    part,
    model: "segmentor",
    edge,
    parameters: parameters.count(),
    activeParameters: active.reduce((sum, name) => sum + parameters.get(name).size, 0),
    paperParameters: paperParameters(parameters, active),
    ...await measureRun(
      [parameters],
      run,
      paperLayerOperations(segmentorLayers(segmentor.config, edge, segmentor.outputs)),
    ),
  };
}

/** What the detector's three views cost together, one picture each. All parameters are active. */
export async function detectorCost(detector: Detector): Promise<ModelCost> {
  const { edge } = detector.config.view;
  const run = () => {
    for (const view of viewNames) {
      tf.tidy(() => {
        const pictures = tf.zeros([1, edge, edge, viewChannels(detector.config.view)]);
        detector.modules[view].apply(pictures as tf.Tensor4D, inference);
      });
    }
  };
  const parameters = viewNames.map((view) => detector.modules[view].parameters);
  return {
    part: "detector",
    edge,
    parameters: detector.parameterCount(),
    activeParameters: detector.parameterCount(),
    paperParameters: NaN,
    ...await measureRun(parameters, run, NaN),
  };
}

/**
 * The "parameters" of the paper's Table 5 for its segmentor, a counting artefact: the values of
 * every module that runs are summed, containers included, so that a weight counts once for its layer
 * and again for each module around it, and encoder, decoder and whole model count in full, skipped
 * levels and gates included. 9,380,867 for a cube of 16 at the paper's widths.
 *
 * @param activeNames as of {@linkcode Segmentor.activeNames}
 */
export function paperParameters(parameters: Parameters, activeNames: readonly string[]): number {
  const count = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + parameters.get(name).size, 0);
  const inLayers = count(activeNames.filter((name) => !name.endsWith(".position")));
  const inLevels = count(activeNames.filter((name) => /\.level\d+\./.test(name)));
  const inBlocks = count(activeNames.filter((name) => /\.block\d+\./.test(name)));
  // A level's parts are counted as its sub-modules and as the level; the halves are the whole.
  return inLayers + 2 * inLevels + inBlocks + 2 * parameters.count();
}

/**
 * The most bytes that intermediate tensors held at once while `run` ran, inputs and result
 * included, weights not. Counted are the tensors that TensorFlow.js knows of, after each op; the
 * scratch memory of TensorFlow's own kernels is not. A tensor counts until it is disposed, at the
 * latest at the end of its `tf.tidy`.
 */
export async function peakIntermediateBytes(run: () => void): Promise<number> {
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(() => {
    tf.tidy(run);
    return [];
  });
  return Math.max(0, peakBytes - before);
}

async function measureRun(
  parameters: readonly Parameters[],
  run: () => void,
  layerOperations: number,
): Promise<
  Pick<ModelCost, "macs" | "paperOperations" | "operationsByRule" | "peakTensorBytes">
> {
  const count = countMacs(() => tf.tidy(run));
  const values = parameters.flatMap((all) => all.names().map((name) => all.get(name).size));
  const weightBytes = values.reduce((sum, size) => sum + size, 0) * Float32Array.BYTES_PER_ELEMENT;
  return {
    macs: count.macs,
    paperOperations: paperOperations(count),
    operationsByRule: { own: paperOperations(count), peers: layerOperations },
    peakTensorBytes: weightBytes + await peakIntermediateBytes(run),
  };
}
