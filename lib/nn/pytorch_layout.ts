/** A tensor's values in C order. */
export interface Values {
  readonly shape: number[];
  readonly data: Float32Array;
}

/**
 * How PyTorch stores a parameter, named by the layer it belongs to: `conv` O I D H W,
 * `transposedConv` I O D H W, `depthwiseConv` C 1 D H W (also transposed), `pointwiseConv` O I 1 1 1,
 * `linear` O I, `plain` as here.
 */
export type PytorchLayout =
  | "conv"
  | "transposedConv"
  | "depthwiseConv"
  | "pointwiseConv"
  | "linear"
  | "plain";

/**
 * A parameter of lib/nn from the same one of PyTorch: channels go last, kernels become
 * `[d, h, w, in, out]`, `[in, d, h, w, out]` (transposed), `[d, h, w, c]` (depth-wise), `[in, out]`.
 */
export function fromPytorch({ shape, data }: Values, layout: PytorchLayout): Values {
  switch (layout) {
    case "conv":
      return permute({ shape, data }, [2, 3, 4, 1, 0]);
    case "transposedConv":
      return permute({ shape, data }, [0, 2, 3, 4, 1]);
    case "depthwiseConv":
      return permute({ shape: [shape[0], ...shape.slice(2)], data }, [1, 2, 3, 0]);
    case "pointwiseConv":
    case "linear":
      return permute({ shape: shape.slice(0, 2), data }, [1, 0]);
    case "plain":
      return { shape, data };
  }
}

/** Reorders axes: axis i of the result is axis `order[i]` of the input. */
export function permute({ shape, data }: Values, order: readonly number[]): Values {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const steps = order.map((axis) => strides[axis]);
  const edges = order.map((axis) => shape[axis]);
  const permuted = new Float32Array(data.length);
  const index = edges.map(() => 0);
  let source = 0;
  for (let i = 0; i < permuted.length; i++) {
    permuted[i] = data[source];
    for (let axis = edges.length - 1; axis >= 0; axis--) {
      source += steps[axis];
      if (++index[axis] < edges[axis]) break;
      source -= steps[axis] * edges[axis];
      index[axis] = 0;
    }
  }
  return { shape: edges, data: permuted };
}
