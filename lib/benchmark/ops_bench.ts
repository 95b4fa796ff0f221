import type { SegmentorConfig } from "../config/config.ts";
import { presets } from "../config/presets.ts";
import { MultiScaleDeformableAttention } from "../detector/ms_deform_attn.ts";
import { DepthwiseConv3d } from "../nn/depthwise_conv3d.ts";
import { GroupNorm } from "../nn/group_norm.ts";
import { countMacs } from "../nn/macs.ts";
import { Parameters } from "../nn/parameters.ts";
import { RefineBlock } from "../nn/refine_block.ts";
import { ThinConv3d } from "../nn/thin_conv3d.ts";
import { Random } from "../random.ts";
import { pasteRoi, sampleRoi } from "../segmentor/roi.ts";
import { correctionInputs } from "../segmentor/fine_level.ts";
import { type Level, segmentorLevels } from "../segmentor/levels.ts";
import * as tf from "../tf.ts";
import { type Triple, voxelCount } from "../volume/volume.ts";
import type { BenchContext } from "./bench_context.ts";
import { workLimit } from "./machine_limits.ts";
import { countTensorflowOps } from "./op_count.ts";
import { finish } from "./tensor_work.ts";
import { measure } from "./timing.ts";

/** What of the single operations is measured. */
export interface OpSizes {
  /** Its levels give the shapes of the blocks. */
  readonly config: SegmentorConfig;
  readonly batch: number;
  /** Edges of the maps that the deformable attention looks at. */
  readonly mapEdges: readonly number[];
  readonly attention: { readonly width: number; readonly heads: number; readonly points: number };
  /** The scan that regions are sampled from and pasted to. */
  readonly scanShape: Triple;
  readonly roiEdge: number;
}

const { network } = presets.paper.detector;

/** The shapes of the presets. */
export const usualOpSizes: OpSizes = {
  config: presets.focus.segmentor,
  batch: 4,
  mapEdges: [16, 8, 4, 2], // of a picture of 128
  attention: network.kind === "pyramid" ? network : { width: 256, heads: 8, points: 4 },
  scanShape: [320, 320, 100],
  roiEdge: 64,
};

/** Times the operations that the networks are made of, and the way of a region there and back. */
export async function benchOps(
  context: BenchContext,
  sizes: OpSizes = usualOpSizes,
): Promise<void> {
  const levels = segmentorLevels(sizes.config);
  await benchThinConvs(context, sizes);
  for (const level of levels) await benchDepthwise(context, level, sizes.batch);
  for (const level of levels) await benchGroupNorm(context, level, sizes.batch);
  for (const level of levels) await benchRefineBlock(context, level, sizes.batch);
  await benchDeformableAttention(context, sizes);
  await benchRegion(context, sizes);
}

/** An operation on one tensor, with parameters that are trained. */
interface TensorOp {
  readonly name: string;
  readonly parameters: Parameters;
  readonly shape: number[];
  apply(x: tf.Tensor, training: boolean): tf.Tensor;
  /** Channels of the result, if not the input's. */
  readonly outputs?: number;
  /** Tensors of the input's size that have to be moved: forward, and with the gradients. */
  readonly moved: { readonly forward: number; readonly both: number };
}

/** The fine level's two convolutions for one class. */
async function benchThinConvs(
  context: BenchContext,
  { config: { fineWidth }, roiEdge: edge, batch }: OpSizes,
): Promise<void> {
  for (const [inputs, outputs] of [[1, fineWidth], [correctionInputs(fineWidth, 1), 1]]) {
    const parameters = new Parameters("thin");
    const layer = new ThinConv3d(parameters.root(), { inputs, outputs, rectified: outputs > 1 });
    const ratio = outputs / inputs;
    await benchTensorOp(context, {
      name: `thin conv3d 3^3, ${edge}^3 x ${inputs} to ${outputs}, batch ${batch}`,
      parameters,
      shape: [batch, edge, edge, edge, inputs],
      apply: (x) => layer.apply(x as tf.Tensor5D),
      outputs,
      moved: { forward: 1 + ratio, both: 3 + 3 * ratio }, // x, y; and x, dx, y, dy
    });
  }
}

async function benchDepthwise(
  context: BenchContext,
  { gridEdge, channels }: Level,
  batch: number,
): Promise<void> {
  const parameters = new Parameters("depth-wise");
  const layer = new DepthwiseConv3d(parameters.root(), { channels, kernel: 3 });
  await benchTensorOp(context, {
    name: `depth-wise conv3d 3^3, ${gridEdge}^3 x ${channels}, batch ${batch}`,
    parameters,
    shape: [batch, gridEdge, gridEdge, gridEdge, channels],
    apply: (x) => layer.apply(x as tf.Tensor5D),
    moved: { forward: 2, both: 5 }, // x, y; and dy, x, dx
  });
}

async function benchGroupNorm(
  context: BenchContext,
  { gridEdge, channels }: Level,
  batch: number,
): Promise<void> {
  const parameters = new Parameters("norm");
  const layer = new GroupNorm(parameters.root(), { channels, groups: 1 });
  await benchTensorOp(context, {
    name: `GroupNorm, ${gridEdge}^3 x ${channels}, batch ${batch}`,
    parameters,
    shape: [batch, gridEdge, gridEdge, gridEdge, channels],
    apply: (x) => layer.apply(x),
    moved: { forward: 2, both: 5 },
  });
}

async function benchRefineBlock(
  context: BenchContext,
  level: Level,
  batch: number,
): Promise<void> {
  const { gridEdge, channels } = level;
  const parameters = new Parameters("block");
  const block = new RefineBlock(parameters.root(), level);
  await benchTensorOp(context, {
    name: `refine block, ${gridEdge}^3 x ${channels}, batch ${batch}`,
    parameters,
    shape: [batch, gridEdge, gridEdge, gridEdge, channels],
    apply: (x, training) => block.apply(x as tf.Tensor5D, { training }),
    moved: { forward: 2, both: 5 },
  });
}

async function benchDeformableAttention(
  context: BenchContext,
  { mapEdges, attention }: OpSizes,
): Promise<void> {
  const parameters = new Parameters("attention");
  const layer = new MultiScaleDeformableAttention(parameters.root(), {
    ...attention,
    levels: mapEdges.length,
  });
  const levels = mapEdges.map((edge) => ({ rows: edge, columns: edge }));
  const pixels = mapEdges.reduce((sum, edge) => sum + edge ** 2, 0);
  const places: tf.Tensor4D = tf.randomUniform([1, pixels, mapEdges.length, 2]);
  await benchTensorOp(context, {
    name: `deformable attention, ${mapEdges.join("^2 + ")}^2 pixels`,
    parameters,
    shape: [1, pixels, attention.width],
    apply: (x) => {
      const values = x as tf.Tensor3D;
      return layer.apply({ query: values, reference: places, values, levels });
    },
    moved: { forward: 2, both: 5 },
  });
  places.dispose();
}

async function benchTensorOp(context: BenchContext, op: TensorOp): Promise<void> {
  const x = tf.randomNormal(op.shape);
  const slope = tf.randomNormal([
    ...op.shape.slice(0, -1),
    op.outputs ?? op.shape.at(-1) as number,
  ]);
  const variables = op.parameters.names("trainable").map((name) => op.parameters.get(name));
  const forward = () => finish(() => op.apply(x, false));
  const both = () =>
    finish(() => {
      const inputs = [x, ...variables] as tf.Tensor[];
      const gradients = tf.grads((x) => op.apply(x, true))(inputs, slope);
      return gradients;
    });
  const { macs } = countMacs(forward);
  const bytes = (tensors: number) => 4 * (tensors * x.size + op.parameters.count());
  for (
    const { name, run, work } of [
      { name: op.name, run: forward, work: { macs, bytes: bytes(op.moved.forward) } },
      {
        name: `${op.name}, forward and gradients`,
        run: both,
        work: { macs: 3 * macs, bytes: bytes(op.moved.both) },
      },
    ]
  ) {
    context.report({
      part: "ops",
      name,
      timing: await measure(run, context.repeats),
      facts: { "MMAC": work.macs / 1e6, "ops": await countTensorflowOps(run) },
      limit: workLimit(context.limits, work),
    });
  }
  tf.dispose([x, slope]);
  op.parameters.dispose();
}

async function benchRegion(
  context: BenchContext,
  { scanShape, roiEdge, config }: OpSizes,
): Promise<void> {
  const random = new Random("scan");
  const image = {
    shape: scanShape,
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    data: Float32Array.from({ length: voxelCount(scanShape) }, () => random.next()),
  };
  const roi = { min: [0.2, 0.25, 0.3], max: [0.7, 0.75, 0.8] } as const;
  const logits = Float32Array.from({ length: roiEdge ** 3 }, () => random.uniform(-1, 1));
  const voxels = voxelCount(scanShape) / 8;
  const what = `a region of half the edges of ${scanShape.join(" x ")}`;
  context.report({
    part: "ops",
    name: `sampling ${what} to ${roiEdge}^3`,
    timing: await measure(() => sampleRoi(image, roi, roiEdge, config), context.repeats),
    facts: {},
    limit: workLimit(context.limits, { macs: 0, bytes: 4 * (voxels + roiEdge ** 3) }),
  });
  context.report({
    part: "ops",
    name: `pasting ${roiEdge}^3 to ${what}`,
    timing: await measure(() => pasteRoi(logits, roiEdge, roi, image, config), context.repeats),
    facts: {},
    limit: workLimit(context.limits, { macs: 0, bytes: 4 * roiEdge ** 3 + 2 * voxels }),
  });
}
