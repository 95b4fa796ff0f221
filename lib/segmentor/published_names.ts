import { fromPytorch, type PytorchLayout, type Values } from "../nn/pytorch_layout.ts";

/** Where a parameter is found among published weights, and how it is stored there. */
export interface PublishedName {
  readonly name: string;
  readonly layout: PytorchLayout;
}

/** Parts of a block: our name, the published one, and the layout of a weight. */
const BLOCK_PARTS: Readonly<Record<string, readonly [string, PytorchLayout]>> = {
  "position1": ["patch1.positional_encoding", "depthwiseConv"],
  "local.norm1": ["LocalRC.bn1", "plain"],
  "local.pointwise1": ["LocalRC.pointwise_conv_0", "pointwiseConv"],
  "local.depthwise": ["LocalRC.depthwise_conv", "depthwiseConv"],
  "local.norm2": ["LocalRC.bn2", "plain"],
  "local.pointwise2": ["LocalRC.pointwise_conv_1", "pointwiseConv"],
  "mlp1.expand": ["LineConv1.line_conv_0", "pointwiseConv"],
  "mlp1.compress": ["LineConv1.line_conv_1", "pointwiseConv"],
  "position2": ["patch2.positional_encoding", "depthwiseConv"],
  "attention.queryKeyValue": ["GlobalST.qkv", "pointwiseConv"],
  "spread.transposed": ["LocalRD.conv_trans", "depthwiseConv"],
  "spread.norm": ["LocalRD.norm", "plain"],
  "spread.pointwise": ["LocalRD.pointwise_conv", "pointwiseConv"],
  "mlp2.expand": ["LineConv2.line_conv_0", "pointwiseConv"],
  "mlp2.compress": ["LineConv2.line_conv_1", "pointwiseConv"],
};

const LEAVES: Readonly<Record<string, string>> = {
  weight: "weight",
  bias: "bias",
  scale: "weight",
  shift: "bias",
  runningMean: "running_mean",
  runningVariance: "running_var",
};

/**
 * The published name and layout of one of the segmentor's parameters, for example
 * `encoder.level1.block0.local.norm1.scale`: `Encoder.Stages.1.blocks.0.LocalRC.bn1.weight`. The
 * fine level, which is ours, was not published; its names follow the others' way.
 */
export function publishedName(name: string): PublishedName {
  if (name === "encoder.position") return { name: "Encoder.position_embeddings", layout: "table" };
  const fine = /^fine\.(features|correction)\.(weight|bias)$/.exec(name);
  if (fine) {
    const [, part, leaf] = fine;
    return { name: `Fine.${part}.${leaf}`, layout: leaf === "weight" ? "conv" : "plain" };
  }
  const match = /^(encoder|decoder)\.(level|gate)(\d+)\.?(block\d+)?\.?(.*?)\.?(\w+)$/.exec(name);
  if (!match) throw new Error(`${name} is not a parameter of the segmentor`);
  const [, half, kind, number, block, part, leaf] = match;
  const [module, weightLayout] = kind === "gate"
    ? gate(half, Number(number))
    : block
    ? blockPart(half, number, block, part)
    : ends(half, number, part);
  const layout = leaf === "weight" ? weightLayout : "plain";
  return { name: `${module}.${LEAVES[leaf]}`, layout };
}

function gate(half: string, stage: number): readonly [string, PytorchLayout] {
  return half === "encoder"
    ? [`Encoder.In_Conv_List.${stage - 1}`, "conv"]
    : [`Decoder.SegHeadList.${stage - 1}`, "transposedConv"];
}

function blockPart(
  half: string,
  level: string,
  block: string,
  part: string,
): readonly [string, PytorchLayout] {
  const [module, layout] = BLOCK_PARTS[part];
  return [`${stages(half)}.${level}.blocks.${block.slice("block".length)}.${module}`, layout];
}

function ends(half: string, level: string, part: string): readonly [string, PytorchLayout] {
  if (half === "encoder") {
    const module = part === "conv" ? "DWconv.depth_wise" : "DWconv.norm";
    return [`${stages(half)}.${level}.${module}`, "conv"];
  }
  const module = part === "conv" ? "TSconv.transposed" : "TSconv.norm";
  return [`${stages(half)}.${level}.${module}`, "transposedConv"];
}

function stages(half: string): string {
  return half === "encoder" ? "Encoder.Stages" : "Decoder.Stages";
}

/**
 * The values for `names` out of published weights, in the layouts of lib/nn, ready for
 * `Parameters.write`. Names that the weights lack are left out.
 */
export function fromPublished(
  published: ReadonlyMap<string, Values>,
  names: readonly string[],
): Map<string, Values> {
  const values = new Map<string, Values>();
  for (const name of names) {
    const { name: theirs, layout } = publishedName(name);
    const stored = published.get(theirs);
    if (stored) values.set(name, fromPytorch(stored, layout));
  }
  return values;
}
