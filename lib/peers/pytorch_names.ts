import type { ModelName } from "../config/model_name.ts";
import type { PytorchLayout } from "../nn/pytorch_layout.ts";
import { type PublishedName, publishedName } from "../segmentor/published_names.ts";

/**
 * The published name and layout of a model's parameter. Except for the segmentor and Slim UNETR, whose
 * blocks are the same, parameters have their published names here but for the last part.
 *
 * @param name in `Parameters`
 * @param rank number of its axes there
 */
export function pytorchName(model: ModelName, name: string, rank: number): PublishedName {
  if (model === "segmentor") return publishedName(name);
  if (model === "slim-unetr") {
    const { name: theirs, layout } = publishedName(name);
    return { name: slimUnetrName(theirs), layout };
  }
  const dot = name.lastIndexOf(".");
  const [module, leaf] = [name.slice(0, dot + 1), name.slice(dot + 1)];
  const layout = leaf === "weight" ? weightLayout(model, module, rank) : "plain";
  return { name: module + (LEAVES[leaf] ?? leaf), layout };
}

/**
 * What a published name is in the published code's own files: SwinSMT's convolutions outside of its
 * transformer are MONAI's, modules that hold one.
 */
export function savedName(model: ModelName, published: string): string {
  return model === "swin-smt" ? published.replace(HELD, "$1.conv.$2") : published;
}

/** Parameters of MONAI's convolutions, in the networks that are built of them. */
const HELD = /\b(conv\d?|transp_conv)\.(weight|bias)$/;

/** The last part of a parameter's name in a norm, and PyTorch's word for it. */
const LEAVES: Readonly<Record<string, string>> = {
  scale: "weight",
  shift: "bias",
  runningMean: "running_mean",
  runningVariance: "running_var",
};

/** Modules of rank 5 whose weights are those of transposed convolutions. */
const TRANSPOSED = /\b(transp_conv|conv_out|up_\d+\.res_conv)\.$/;

function weightLayout(model: ModelName, module: string, rank: number): PytorchLayout {
  // MedNeXt's perceptrons are published as convolutions.
  if (rank === 2) return model === "mednext-s" ? "pointwiseConv" : "linear";
  if (rank === 4) return "depthwiseConv";
  return TRANSPOSED.test(module) ? "transposedConv" : "conv";
}

/** Slim UNETR's name of what the segmentor names `theirs`; its levels have numbers from 1. */
function slimUnetrName(theirs: string): string {
  return theirs
    .replace(/Stages\.(\d)\.blocks/, (_, level) => `block${Number(level) + 1}`)
    .replace(/Stages\.(\d)\.DWconv/, (_, level) => `DWconv${Number(level) + 1}`)
    .replace("Stages.0.TSconv", "SegHead")
    .replace(/Stages\.(\d)\.TSconv/, (_, level) => `TSconv${4 - Number(level)}`);
}
