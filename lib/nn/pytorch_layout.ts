/** A tensor's values in C order. */
export interface Values {
  readonly shape: number[];
  readonly data: Float32Array;
}

/**
 * How PyTorch stores a parameter, named by the layer it belongs to: `conv` O I D H W,
 * `transposedConv` I O D H W, `depthwiseConv` C 1 D H W (also transposed), `pointwiseConv` O I 1 1 1,
 * `linear` O I, `table` with a leading axis of 1 for the batch, `plain` as here.
 */
export type PytorchLayout =
  | "conv"
  | "transposedConv"
  | "depthwiseConv"
  | "pointwiseConv"
  | "linear"
  | "table"
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
    case "table":
      return { shape: shape.slice(1), data };
    case "plain":
      return { shape, data };
  }
}

/** A parameter as PyTorch stores it, from the same one of lib/nn: the inverse of {@linkcode fromPytorch}. */
export function toPytorch({ shape, data }: Values, layout: PytorchLayout): Values {
  switch (layout) {
    case "conv":
      return permute({ shape, data }, [4, 3, 0, 1, 2]);
    case "transposedConv":
      return permute({ shape, data }, [0, 4, 1, 2, 3]);
    case "depthwiseConv": {
      const { shape: [channels, ...kernel], data: moved } = permute({ shape, data }, [3, 0, 1, 2]);
      return { shape: [channels, 1, ...kernel], data: moved };
    }
    case "pointwiseConv": {
      const { shape: [outputs, inputs], data: moved } = permute({ shape, data }, [1, 0]);
      return { shape: [outputs, inputs, 1, 1, 1], data: moved };
    }
    case "linear":
      return permute({ shape, data }, [1, 0]);
    case "table":
      return { shape: [1, ...shape], data };
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
