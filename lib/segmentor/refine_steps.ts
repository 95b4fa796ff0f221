import type { RefineBlockOptions } from "../nn/refine_block.ts";

/** One of the six residual steps of a refine block, `x <- x + f(x)`, and what it costs. */
export interface RefineStep {
  readonly name: string;
  /** The operations of `f`, in order; `C` is the block's channels. */
  readonly operations: string;
  /** Edge of the grid on which its widest inner result lies, in voxels. */
  readonly innerEdge: number;
  /** Channels of that inner result; the step's own result always has the block's. */
  readonly innerChannels: number;
  readonly parameters: number;
  /** True multiply-accumulates for one cube. */
  readonly macs: number;
}

/**
 * The steps of a refine block (section 3.2; Pang 2023) on a grid of `gridEdge` voxels, by formulas.
 * Together they have `22 c^2 + (88 + r^3) c` parameters.
 */
export function refineSteps(
  { channels, stride }: Pick<RefineBlockOptions, "channels" | "stride">,
  gridEdge: number,
): RefineStep[] {
  const voxels = gridEdge ** 3;
  const tokens = Math.ceil(gridEdge / stride) ** 3;
  const square = channels ** 2;
  const onGrid = { innerEdge: gridEdge, innerChannels: channels };
  const position = {
    operations: "depth-wise 3^3",
    ...onGrid,
    parameters: 27 * channels,
    macs: 27 * channels * voxels,
  };
  const perceptron = {
    operations: "1^3 C to 4C, GELU, 1^3 4C to C",
    innerEdge: gridEdge,
    innerChannels: 4 * channels,
    parameters: 8 * square,
    macs: 8 * square * voxels,
  };
  return [
    { name: "1 local position", ...position },
    {
      name: "2 local mixing",
      operations: "BatchNorm, 1^3, depth-wise 3^3, BatchNorm, 1^3",
      ...onGrid,
      parameters: 2 * square + (27 + 4) * channels,
      macs: (2 * square + 27 * channels) * voxels,
    },
    { name: "3 perceptron", ...perceptron },
    { name: "4 local position", ...position },
    {
      name: "5 sparse attention",
      operations: "every r-th voxel, 1^3 C to 3C, softmax(q k) v, transposed r^3, GroupNorm, 1^3",
      innerEdge: Math.ceil(gridEdge / stride),
      innerChannels: 3 * channels,
      parameters: 4 * square + (stride ** 3 + 3) * channels,
      macs: (3 * square + 2 * tokens * channels) * tokens + (square + channels) * voxels,
    },
    { name: "6 perceptron", ...perceptron },
  ];
}
