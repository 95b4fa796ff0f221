import type { Parameters } from "../nn/parameters.ts";
import { toPytorch, type Values } from "../nn/pytorch_layout.ts";
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
    published.set(name, toPytorch(values, layout));
  }
  await writeSafetensors(path, published);
}
