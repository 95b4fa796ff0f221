import { type ModelName, modelTitles } from "../config/model_name.ts";
import { UserError } from "../errors.ts";
import type { CubeNetwork } from "../nn/cube_network.ts";
import type { Parameters } from "../nn/parameters.ts";
import { Mednext, mednextSmall } from "./mednext.ts";
import { Segformer3d, segformer3dConfig } from "./segformer3d.ts";
import { SlimUnetr, slimUnetrConfig } from "./slim_unetr.ts";
import { SwinSmt, swinSmtConfig } from "./swin_smt.ts";

/** The networks that the paper's segmentor is compared with (Table 4 and 5), and its ancestor. */
export const peerNames = [
  "segformer3d",
  "mednext-s",
  "swin-smt",
  "slim-unetr",
] as const satisfies readonly ModelName[];

/** One of {@linkcode peerNames}. */
export type PeerName = typeof peerNames[number];

/** A network that makes logits of the voxels of a cube. */
export interface Peer extends CubeNetwork {
  readonly name: PeerName;
  /** As literature writes it. */
  readonly title: string;
  /** All its weights and running statistics. */
  readonly parameters: Parameters;
  /** Edge in voxels of the cubes that it was built for. */
  readonly edge: number;
}

/** What a peer is built for. */
export interface PeerOptions {
  readonly classCount: number;
  /** Edge of its input cubes in voxels. */
  readonly edge: number;
}

interface Design {
  /** Legal edges are multiples of `step` from `least` on. */
  readonly step: number;
  readonly least: number;
  build(parameters: Parameters, outputs: number, edge: number): Pick<Peer, "apply">;
}

const designs: Readonly<Record<PeerName, Design>> = {
  "segformer3d": {
    step: 4, // else the logits have another edge than the image
    least: 16, // the first stage's attention joins 4 voxels of a grid that is 4 times as coarse
    build: (parameters, outputs) => new Segformer3d(parameters, segformer3dConfig, outputs),
  },
  "mednext-s": {
    step: 16,
    least: 32, // the norm of a bottleneck of one voxel has nothing to measure
    build: (parameters, outputs) => new Mednext(parameters, mednextSmall, outputs),
  },
  "swin-smt": {
    step: 32,
    least: 64, // likewise
    build: (parameters, outputs) => new SwinSmt(parameters, swinSmtConfig, outputs),
  },
  "slim-unetr": {
    step: 32,
    least: 32,
    build: (parameters, outputs, edge) =>
      new SlimUnetr(parameters, slimUnetrConfig, outputs, (edge / 32) ** 3),
  },
};

/**
 * Builds a network at its published size and creates its weights in `parameters`, which must hold
 * nothing else.
 *
 * @throws {UserError} when the network does not take cubes of this edge
 */
export function buildPeer(
  name: PeerName,
  parameters: Parameters,
  { classCount, edge }: PeerOptions,
): Peer {
  requirePeerEdge(name, edge);
  const outputs = classCount === 1 ? 1 : classCount + 1;
  const network = designs[name].build(parameters, outputs, edge);
  return {
    name,
    title: modelTitles[name],
    parameters,
    edge,
    outputs,
    apply: (image, pass) => network.apply(image, pass),
    activeNames: () => parameters.names("trainable"),
    stageOf: () => NaN,
  };
}

/** @throws {UserError} when a network does not take cubes of this edge */
export function requirePeerEdge(name: PeerName, edge: number): void {
  const { step, least } = designs[name];
  if (!Number.isInteger(edge) || edge < least || edge % step !== 0) {
    throw new UserError({
      what: `cannot build ${modelTitles[name]}`,
      rule: `the edge of its input must be a multiple of ${step} from ${least} on`,
      seen: String(edge),
      remedy: "Choose another edge, for example 128",
    });
  }
}

/** The smallest edge from `edge` on that a network takes. */
export function peerEdge(name: PeerName, edge: number): number {
  const { step, least } = designs[name];
  return Math.max(least, Math.ceil(edge / step) * step);
}
