import type { ModelName } from "../config/model_name.ts";
import { UserError } from "../errors.ts";
import type { Parameters } from "../nn/parameters.ts";
import { fromPytorch, type PytorchLayout, toPytorch, type Values } from "../nn/pytorch_layout.ts";
import { readSafetensors, writeSafetensors } from "../nn/safetensors.ts";
import { pytorchName } from "./pytorch_names.ts";

/** Whose weights: a built network, or one of other sizes with its name. */
export interface NamedModel {
  readonly name: ModelName;
  readonly parameters: Parameters;
}

/**
 * Sets all weights of a peer or of the segmentor from a `.safetensors` file with PyTorch's names and layouts, as this
 * project or a trained PyTorch model saved it.
 *
 * @returns the file's metadata
 * @throws {UserError} when the file is damaged or of another model; nothing is changed then
 */
export async function loadPytorchWeights(
  model: NamedModel,
  path: string,
): Promise<Readonly<Record<string, string>>> {
  const { tensors, metadata } = await readSafetensors(path);
  const stored = new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );
  model.parameters.write(fromPytorchWeights(model, stored, path), path);
  return metadata;
}

/** Writes all weights and running statistics as {@linkcode loadPytorchWeights} reads them. */
export async function savePytorchWeights(
  model: NamedModel,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = new Map<string, Values>();
  for (const [name, values] of await model.parameters.read()) {
    const { name: theirs, layout } = pytorchName(model.name, name, values.shape.length);
    tensors.set(theirs, toPytorch(values, layout));
  }
  await writeSafetensors(path, tensors, metadata);
}

/**
 * The values in PyTorch's names and layouts as `Parameters.write` takes them.
 *
 * @param source names the values in error messages
 * @throws {UserError} when a name is unknown or a shape differs
 */
export function fromPytorchWeights(
  { name: model, parameters }: NamedModel,
  stored: ReadonlyMap<string, Values>,
  source: string,
): Map<string, Values> {
  const ours = new Map(
    parameters.names().map((name) => {
      const { shape } = parameters.get(name);
      const { name: theirs, layout } = pytorchName(model, name, shape.length);
      return [theirs, { name, layout, shape: pytorchShape(shape, layout) }];
    }),
  );
  const values = new Map<string, Values>();
  for (const [theirs, tensor] of stored) {
    if (BUFFER.test(theirs)) continue;
    const found = ours.get(theirs) ?? ours.get(theirs.replace(WRAPPED, ".$1"));
    if (found?.shape.join("x") !== tensor.shape.join("x")) {
      throw new UserError({
        what: `cannot load weights from ${source}`,
        rule: found
          ? `${theirs} must have shape ${found.shape.join("x")}`
          : `the model has no parameter ${theirs}`,
        seen: found ? tensor.shape.join("x") : undefined,
        remedy: "Use the model and the sizes that the weights were trained with",
      });
    }
    values.set(found.name, fromPytorch(tensor, found.layout));
  }
  return values;
}

/** Integers that PyTorch saves with a model and that follow from its sizes. */
const BUFFER = /\b(num_batches_tracked|relative_position_index)$/;

/** MONAI's convolutions are modules that hold one: `conv1.conv.weight` is `conv1.weight` here. */
const WRAPPED = /\.conv\.(weight|bias)$/;

function pytorchShape(shape: number[], layout: PytorchLayout): number[] {
  return toPytorch({ shape, data: new Float32Array() }, layout).shape;
}
