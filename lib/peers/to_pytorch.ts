import { permute, type PytorchLayout, type Values } from "../nn/pytorch_layout.ts";

/** A parameter as PyTorch stores it, from the same one of lib/nn: the inverse of `fromPytorch`. */
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
    case "plain":
      return { shape, data };
  }
}
