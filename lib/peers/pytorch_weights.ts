import type { ModelName } from "../config/model_name.ts";
import { UserError } from "../errors.ts";
import type { Parameters } from "../nn/parameters.ts";
import { fromPytorch, type PytorchLayout, toPytorch, type Values } from "../nn/pytorch_layout.ts";
import { readSafetensors, type WritableTensor, writeSafetensors } from "../nn/safetensors.ts";
import { pytorchName, savedName } from "./pytorch_names.ts";
import { relativePositionRows } from "./window_attention.ts";

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

/**
 * Writes all weights and running statistics as {@linkcode loadPytorchWeights} reads them, and the
 * published code: `load_state_dict` finds every key that it asks for.
 */
export async function savePytorchWeights(
  model: NamedModel,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = new Map<string, WritableTensor>();
  for (const [name, values] of await model.parameters.read()) {
    const { name: theirs, layout } = pytorchName(model.name, name, values.shape.length);
    tensors.set(savedName(model.name, theirs), toPytorch(values, layout));
    if (BIAS_TABLE.test(theirs)) {
      tensors.set(theirs.replace(BIAS_TABLE, "relative_position_index"), tableIndex(values));
    }
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

/** The biases of a window attention, beside which PyTorch saves a {@linkcode tableIndex}. */
const BIAS_TABLE = /\brelative_position_bias_table$/;

/** The row of a table `[(2 window - 1)^3, heads]` for each query and key, `[window^3, window^3]`. */
function tableIndex({ shape: [rows] }: Values): WritableTensor {
  const window = (Math.round(Math.cbrt(rows)) + 1) / 2;
  const tokens = window ** 3;
  return { shape: [tokens, tokens], data: relativePositionRows(tokens, window) };
}

/** As {@linkcode savedName} has them: `conv1.conv.weight` is `conv1.weight` here. */
const WRAPPED = /\.conv\.(weight|bias)$/;

function pytorchShape(shape: number[], layout: PytorchLayout): number[] {
  return toPytorch({ shape, data: new Float32Array() }, layout).shape;
}
