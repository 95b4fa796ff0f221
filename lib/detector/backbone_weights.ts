import { UserError } from "../errors.ts";
import type { Parameters } from "../nn/parameters.ts";
import { readSafetensors, type SafetensorsTensor } from "../nn/safetensors.ts";

/** What torchvision calls a norm's values, and what `BatchNorm` calls them. */
const normNames: Readonly<Record<string, string>> = {
  weight: "scale",
  bias: "shift",
  running_mean: "runningMean",
  running_var: "runningVariance",
};

const firstConvolution = "conv1.weight";

/**
 * Loads pretrained weights of a `ResNet` from a .safetensors file with torchvision's names and
 * layouts (`layer1.0.conv1.weight`, `[outputs, inputs, rows, columns]`).
 *
 * The classifier (`fc.*`) and the norms' step counters are not used. The first convolution, made for
 * red, green and blue, is distributed over the picture's channels: each gets the sum over the colours
 * divided by the number of channels, so that a picture whose channels are all equal gives what its
 * grey picture would give.
 *
 * @param prefix where the backbone's parameters are, "backbone"
 * @throws {UserError} when a weight is missing or has another shape; nothing is changed then
 */
export async function loadBackbone(
  parameters: Parameters,
  prefix: string,
  path: string,
): Promise<void> {
  const { tensors } = await readSafetensors(path);
  const wanted = parameters.names().filter((name) => name.startsWith(`${prefix}.`));
  const values = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const name of wanted) {
    const theirName = torchvisionName(name.slice(prefix.length + 1));
    const tensor = tensors.get(theirName);
    if (!tensor || !(tensor.data instanceof Float32Array)) throw missing(path, theirName);
    const shape = parameters.get(name).shape;
    values.set(name, convert(tensor, tensor.data, theirName, shape));
  }
  parameters.write(values, path, true);
}

function missing(path: string, name: string): UserError {
  return new UserError({
    what: `cannot load a backbone from ${path}`,
    rule: `it must hold the floating-point tensor ${name}`,
    remedy: "Export torchvision's state_dict of the backbone that the configuration names",
  });
}

/** `layer1.0.bn2.scale` here is `layer1.0.bn2.weight` there. */
function torchvisionName(name: string): string {
  const last = name.slice(name.lastIndexOf(".") + 1);
  const theirs = Object.entries(normNames).find(([, ours]) => ours === last)?.[0];
  return theirs === undefined ? name : name.slice(0, -last.length) + theirs;
}

function convert(
  { shape }: SafetensorsTensor,
  data: Float32Array,
  name: string,
  expected: readonly number[],
): { shape: number[]; data: Float32Array } {
  if (shape.length !== 4) return { shape, data };
  const channels = expected[2];
  const spread = name === firstConvolution && shape[1] === 3 && channels !== 3;
  const source = spread ? spreadColours(data, shape, channels) : { shape, data };
  return outputsLast(source.data, source.shape);
}

/** `[outputs, 3, rows, columns]` to `[outputs, channels, rows, columns]`. */
function spreadColours(
  data: Float32Array,
  [outputs, colours, rows, columns]: readonly number[],
  channels: number,
): { shape: number[]; data: Float32Array } {
  const area = rows * columns;
  const spread = new Float32Array(outputs * channels * area);
  for (let output = 0; output < outputs; output++) {
    for (let place = 0; place < area; place++) {
      let sum = 0;
      for (let colour = 0; colour < colours; colour++) {
        sum += data[(output * colours + colour) * area + place];
      }
      for (let channel = 0; channel < channels; channel++) {
        spread[(output * channels + channel) * area + place] = sum / channels;
      }
    }
  }
  return { shape: [outputs, channels, rows, columns], data: spread };
}

/** `[outputs, inputs, rows, columns]` to `[rows, columns, inputs, outputs]`. */
function outputsLast(
  data: Float32Array,
  [outputs, inputs, rows, columns]: readonly number[],
): { shape: number[]; data: Float32Array } {
  const area = rows * columns;
  const turned = new Float32Array(data.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let place = 0; place < area; place++) {
        turned[(place * inputs + input) * outputs + output] =
          data[(output * inputs + input) * area + place];
      }
    }
  }
  return { shape: [rows, columns, inputs, outputs], data: turned };
}
