import type { Parameters } from "./parameters.ts";
import { readSafetensors } from "./safetensors.ts";

/**
 * Sets all parameters of a model from a `.safetensors` file.
 *
 * @returns the file's metadata
 * @throws {UserError} when the file is damaged or of another model; nothing is changed then
 */
export async function loadParameters(
  parameters: Parameters,
  path: string,
): Promise<Readonly<Record<string, string>>> {
  const { tensors, metadata } = await readSafetensors(path);
  const floats = new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );
  parameters.write(floats, path);
  return metadata;
}
