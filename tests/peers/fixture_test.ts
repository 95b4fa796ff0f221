import { assertEquals } from "@std/assert";
import { exists } from "../../lib/files.ts";
import { inference } from "../../lib/nn/parameters.ts";
import { fromPytorch, permute, type Values } from "../../lib/nn/pytorch_layout.ts";
import { readSafetensors } from "../../lib/nn/safetensors.ts";
import { projectRoot } from "../../lib/paths.ts";
import type { PeerName } from "../../lib/peers/peer.ts";
import { pytorchName } from "../../lib/peers/pytorch_names.ts";
import { fromPytorchWeights } from "../../lib/peers/pytorch_weights.ts";
import * as tf from "../../lib/tf.ts";
import { type SmallPeer, smallPeer } from "./small_peers.ts";

interface Fixture {
  readonly peer: PeerName;
  readonly file: string;
  readonly parameters: number;
  readonly cases: readonly Case[];
}

interface Case {
  /** What its keys end with. */
  readonly suffix: string;
  readonly inputGradient: boolean;
  readonly weightGradients: number;
  /** Of Slim UNETR's bottleneck. */
  readonly tokens?: number;
}

const folder = `${projectRoot}/../shared/fixtures`;
const fixtures: readonly Fixture[] = [
  {
    peer: "segformer3d",
    file: "segformer3d",
    parameters: 89_373,
    cases: [
      { suffix: "", inputGradient: true, weightGradients: 5 },
      { suffix: "@48x48x48", inputGradient: true, weightGradients: 0 },
    ],
  },
  {
    peer: "mednext-s",
    file: "mednext",
    parameters: 186_987,
    cases: [
      { suffix: "", inputGradient: true, weightGradients: 5 },
      { suffix: "@64x32x16", inputGradient: true, weightGradients: 0 },
    ],
  },
  {
    peer: "swin-smt",
    file: "swin_smt",
    parameters: 329_508,
    cases: [{ suffix: "", inputGradient: true, weightGradients: 6 }],
  },
  {
    peer: "slim-unetr",
    file: "slim_unetr",
    parameters: 133_171,
    cases: [
      { suffix: "", inputGradient: true, weightGradients: 5 },
      { suffix: "@64x32x96", inputGradient: false, weightGradients: 5, tokens: 6 },
    ],
  },
];

// What float32 leaves of the double-precision reference; errors are shares of the largest value.
const OUTPUT_LIMIT = 3e-5;
const GRADIENT_LIMIT = 1e-4;
/** PyTorch's own float32 is off by 1.1e-4 there; this is off by 4e-5, which a processor may change. */
const SWIN_WEIGHT_LIMIT = 2e-4;
/**
 * One of its values before a LeakyReLU (encoder2, second, voxel 11 30 3) is 1.6e-6, where rounding
 * comes to 3e-6. On the other side of the bend the gradient of the voxels around it, half a per cent
 * of all, is another by up to 5.2e-3.
 */
const SWIN_BEND = { share: 0.006, limit: 6e-3 };

for (const { peer: name, file, parameters: expectedCount, cases } of fixtures) {
  const path = `${folder}/${file}_small.safetensors`;
  const ignore = !await exists(path);

  Deno.test({
    name: `${name}: published weights fill every parameter and nothing is left over`,
    ignore,
    async fn() {
      const peer = smallPeer(name);
      const names = peer.parameters.names().map((ours) =>
        pytorchName(name, ours, peer.parameters.get(ours).rank).name
      );
      assertEquals(new Set(names).size, names.length);
      assertEquals([...(await read(path, "weight:", "")).keys()].toSorted(), names.toSorted());
      assertEquals(peer.parameters.count(), expectedCount);
      peer.parameters.dispose();
    },
  });

  for (const { suffix, inputGradient, weightGradients, tokens } of cases) {
    Deno.test({
      name: `${name}${suffix}: published logits and gradients`,
      ignore,
      async fn() {
        const peer = smallPeer(name, tokens);
        const weights = new Map([
          ...await read(path, "weight:", ""),
          ...await read(path, `weight${suffix}:`, ""),
        ]);
        peer.parameters.write(fromPytorchWeights(peer, weights, path), path);
        const volumes = await read(path, "", suffix);
        const image = volume(volumes.get("input")!);
        const loss = (x: tf.Tensor) =>
          peer.apply(x as tf.Tensor5D, inference).sigmoid().square().sum() as tf.Scalar;

        assertNear(peer.apply(image, inference), volumes.get("output")!, OUTPUT_LIMIT, "output");
        if (inputGradient) {
          const slope = tf.grad(loss)(image) as tf.Tensor5D;
          const bend = name === "swin-smt" ? SWIN_BEND : undefined;
          assertNear(slope, volumes.get("grad_input")!, GRADIENT_LIMIT, "input", bend);
        }
        const expected = await read(path, `grad_weight${suffix}:`, "");
        assertEquals(expected.size, weightGradients);
        assertWeightGradients(peer, () => loss(image), expected);
        peer.parameters.dispose();
      },
    });
  }
}

function assertWeightGradients(
  { name, parameters }: SmallPeer,
  loss: () => tf.Scalar,
  expected: ReadonlyMap<string, Values>,
): void {
  if (expected.size === 0) return;
  const ours = new Map(
    parameters.names("trainable").map((parameter) => {
      const variable = parameters.get(parameter);
      return [pytorchName(name, parameter, variable.rank).name, { parameter, variable }];
    }),
  );
  const wanted = [...expected].map(([theirs, values]) => ({
    theirs,
    values,
    ...ours.get(theirs)!,
  }));
  const { grads } = tf.variableGrads(loss, wanted.map(({ variable }) => variable));
  const limit = name === "swin-smt" ? SWIN_WEIGHT_LIMIT : GRADIENT_LIMIT;
  for (const { theirs, values, parameter, variable } of wanted) {
    const { layout } = pytorchName(name, parameter, variable.rank);
    assertClose(grads[variable.name], fromPytorch(values, layout), limit, theirs);
  }
}

/** Tensors of the fixture whose names begin with `prefix` and end with `suffix`, without both. */
async function read(path: string, prefix: string, suffix: string): Promise<Map<string, Values>> {
  const { tensors } = await readSafetensors(path);
  const found = [...tensors]
    .filter(([name]) => name.startsWith(prefix) && name.endsWith(suffix));
  return new Map(found.map(([name, { shape, data }]) => [
    name.slice(prefix.length, name.length - suffix.length),
    { shape, data: data as Float32Array },
  ]));
}

/** A published volume `[n, c, d, h, w]` with channels last. */
function volume(values: Values): tf.Tensor5D {
  const { shape, data } = permute(values, [0, 2, 3, 4, 1]);
  return tf.tensor5d(data, shape as [number, number, number, number, number]);
}

function assertNear(
  actual: tf.Tensor5D,
  expected: Values,
  limit: number,
  what: string,
  bend?: { readonly share: number; readonly limit: number },
): void {
  assertClose(actual, permute(expected, [0, 2, 3, 4, 1]), limit, what, bend);
}

/**
 * Differences must stay below this share of the largest expected value; where a function bends, a
 * share of them only below another limit.
 */
function assertClose(
  actual: tf.Tensor,
  expected: Values,
  limit: number,
  what: string,
  bend = { share: 0, limit },
): void {
  assertEquals(actual.shape, expected.shape, what);
  const scale = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const values = actual.dataSync();
  const errors = expected.data.map((value, i) => Math.abs(values[i] - value) / scale);
  const share = errors.filter((error) => !(error < limit)).length / errors.length;
  const largest = errors.reduce((a, b) => Math.max(a, b), 0);
  if (largest < bend.limit && share <= bend.share) return;
  throw new Error(`${what}: error ${largest}, and a share of ${share} not below ${limit}`);
}
