import type { Parameters } from "../nn/parameters.ts";
import { permute, type PytorchLayout, type Values } from "../nn/pytorch_layout.ts";
import { writeSafetensors } from "../nn/safetensors.ts";
import { publishedName } from "../segmentor/published_names.ts";

/**
 * Writes a segmentor's parameters as PyTorch programs read them: with the published names and in
 * PyTorch's layouts. The inverse of `fromPublished`.
 */
export async function writePublishedWeights(path: string, parameters: Parameters): Promise<void> {
  const published = new Map<string, Values>();
  for (const [ours, values] of await parameters.read()) {
    const { name, layout } = publishedName(ours);
    const stored = toPytorch(values, layout);
    const shape = ours === "encoder.position" ? [1, ...stored.shape] : stored.shape;
    published.set(name, { shape, data: stored.data });
  }
  await writeSafetensors(path, published);
}

/** The inverse of `fromPytorch`. */
export function toPytorch(values: Values, layout: PytorchLayout): Values {
  switch (layout) {
    case "conv":
      return permute(values, [4, 3, 0, 1, 2]);
    case "transposedConv":
      return permute(values, [0, 4, 1, 2, 3]);
    case "depthwiseConv": {
      const { shape: [channels, ...kernel], data } = permute(values, [3, 0, 1, 2]);
      return { shape: [channels, 1, ...kernel], data };
    }
    case "pointwiseConv": {
      const { shape, data } = permute(values, [1, 0]);
      return { shape: [...shape, 1, 1, 1], data };
    }
    case "linear":
      return permute(values, [1, 0]);
    case "plain":
      return values;
  }
}
