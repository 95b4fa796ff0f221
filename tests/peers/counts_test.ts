/**
 * Full-size counts. SegFormer3D and Slim UNETR run at 128^3. The others would take too long there; what
 * they count in a volume follows from small ones: of a layer that goes over a grid, elements and
 * multiply-accumulates are a product of one linear function per axis. Only window attention and
 * routing are not, and these are checked against their formulas.
 */
import { assertEquals } from "@std/assert";
import { paperLayerOperations } from "../../lib/evaluation/counting_rules.ts";
import { type LayerRecord, traceLayers } from "../../lib/nn/layer_records.ts";
import { countMacs, type OpRecord } from "../../lib/nn/macs.ts";
import { inference, Parameters } from "../../lib/nn/parameters.ts";
import { buildPeer, type Peer, type PeerName } from "../../lib/peers/peer.ts";
import { slimUnetrConfig, slimUnetrLayers } from "../../lib/peers/slim_unetr.ts";
import * as tf from "../../lib/tf.ts";
import { places } from "./slow.ts";

const EDGE = 128;

const published: Readonly<Record<PeerName, { parameters: number; macs: number; table5: number }>> =
  {
    "segformer3d": { parameters: 4_491_809, macs: 14_451_212_288, table5: 11_763.7448 },
    "mednext-s": { parameters: 5_980_514, macs: 165_445_767_168, table5: 196_382.0272 },
    "swin-smt": { parameters: 4_728_067, macs: 59_267_841_696, table5: 50_834.0672 },
    // Not in the table.
    "slim-unetr": { parameters: 1_775_739, macs: 2_264_721_408, table5: NaN },
  };

/** The paper's last digit for SwinSMT is one lower than its own rule gives. */
const TABLE5_TOLERANCE_MILLIONS = 2e-4;

type Shape = readonly [z: number, y: number, x: number];

interface Counts {
  readonly ops: readonly OpRecord[];
  readonly layers: readonly LayerRecord[];
}

function count(peer: Peer, [depth, height, width]: Shape): Counts {
  let ops: readonly OpRecord[] = [];
  const layers = traceLayers(() => {
    const run = () =>
      tf.tidy(() => void peer.apply(tf.zeros([1, depth, height, width, 1]), inference));
    ops = countMacs(run).records;
  });
  return { ops, layers };
}

/** The peer at its published size, whose parameters are counted at once. */
function build(name: PeerName): Peer {
  const peer = buildPeer(name, new Parameters(0), { classCount: 1, edge: EDGE });
  assertEquals(peer.parameters.count(), published[name].parameters, name);
  return peer;
}

function macsOf(ops: readonly OpRecord[]): number {
  return ops.reduce((sum, { macs }) => sum + macs, 0);
}

function assertTable5(name: PeerName, operations: number): void {
  const difference = Math.abs(operations / 1e6 - published[name].table5);
  assertEquals(difference < TABLE5_TOLERANCE_MILLIONS, true, `${name}: ${operations}`);
}

/** What a count that is linear in every axis is for a cube of {@linkcode EDGE}. */
function extrapolate(count: (shape: Shape) => number, unit: number): number {
  const shares = [2 - EDGE / unit, EDGE / unit - 1]; // of an axis of one unit and of two
  return places([2, 2, 2]).reduce((sum, doubled) => {
    // All axes are alike, so that one order of each triple serves all.
    const [z, y, x] = doubled.toSorted().reverse().map((twice) => unit * (1 + twice));
    return sum + doubled.reduce((share, twice) => share * shares[twice], 1) * count([z, y, x]);
  }, 0);
}

/** Counts by shape, each taken once. */
function memoized(peer: Peer): (shape: Shape) => Counts {
  const known = new Map<string, Counts>();
  return (shape) => {
    const found = known.get(shape.join()) ?? count(peer, shape);
    known.set(shape.join(), found);
    return found;
  };
}

Deno.test("SegFormer3D and Slim UNETR count as published at 128^3", () => {
  for (const name of ["segformer3d", "slim-unetr"] as const) {
    const peer = build(name);
    const { ops, layers } = count(peer, [EDGE, EDGE, EDGE]);
    assertEquals(macsOf(ops), published[name].macs, name);
    if (name === "segformer3d") assertTable5(name, paperLayerOperations(layers));
    peer.parameters.dispose();
  }
});

Deno.test("Slim UNETR by the peers' rule at 128^3", () => {
  const operations = paperLayerOperations(slimUnetrLayers(slimUnetrConfig, EDGE, 1));
  assertEquals(operations, 5_848_498_176);
});

Deno.test("MedNeXt counts as published at 128^3", () => {
  const peer = build("mednext-s");
  const counts = memoized(peer);
  assertEquals(extrapolate((shape) => macsOf(counts(shape).ops), 16), published["mednext-s"].macs);
  const operations = extrapolate((shape) => paperLayerOperations(counts(shape).layers), 16);
  assertEquals(operations, 196_382_027_200);
  assertTable5("mednext-s", operations);
  peer.parameters.dispose();
});

Deno.test("SwinSMT counts as published at 128^3", () => {
  const peer = build("swin-smt");
  const counts = memoized(peer);
  const overGrids = (kind: string) => !["linear", "attention", "softmax"].includes(kind);
  const small: Shape = [64, 32, 32];
  const [expected, whole] = [swinTransformer(small), swinTransformer([EDGE, EDGE, EDGE])];

  const opsOf = (kind: string) => counts(small).ops.filter((op) => op.kind === kind);
  const layersOf = (kind: string) => counts(small).layers.filter((layer) => layer.kind === kind);
  assertEquals(macsOf(opsOf("linear")), expected.linearMacs);
  assertEquals(macsOf(opsOf("attention")), expected.attentionMacs);
  assertEquals(
    paperLayerOperations(layersOf("linear")),
    expected.linearMacs + expected.linearBiases,
  );
  assertEquals(paperLayerOperations(layersOf("softmax")), expected.softmax);

  const gridMacs = extrapolate(
    (shape) => macsOf(counts(shape).ops.filter(({ kind }) => overGrids(kind))),
    32,
  );
  assertEquals(gridMacs + whole.linearMacs + whole.attentionMacs, published["swin-smt"].macs);
  const gridOperations = extrapolate(
    (shape) => paperLayerOperations(counts(shape).layers.filter(({ kind }) => overGrids(kind))),
    32,
  );
  const operations = gridOperations + whole.linearMacs + whole.linearBiases + whole.softmax;
  assertEquals(operations, 50_834_067_284);
  assertTable5("swin-smt", operations);
  peer.parameters.dispose();
});

/** What SwinSMT's linear layers, attention and routing count, by formulas. */
function swinTransformer(shape: Shape) {
  const total = { linearMacs: 0, linearBiases: 0, attentionMacs: 0, softmax: 0 };
  [3, 6, 12, 24].forEach((heads, stage) => {
    const channels = 12 * 2 ** stage;
    const square = channels ** 2;
    const grid = shape.map((edge) => edge / 2 ** (stage + 1));
    const windowEdges = grid.map((edge) => Math.min(edge, 7));
    const product = (edges: readonly number[]) => edges.reduce((a, b) => a * b, 1);
    const voxels = product(grid);
    const windows = product(grid.map((edge, axis) => Math.ceil(edge / windowEdges[axis])));
    const tokens = product(windowEdges);
    const routes = stage >= 2;
    // Two blocks, then merging.
    total.linearMacs += 2 * (windows * tokens * 4 + voxels * (routes ? 9 : 8)) * square +
      voxels / 8 * 16 * square;
    total.linearBiases += 2 * (windows * tokens * 4 + voxels * 5) * channels;
    total.attentionMacs += 2 * (2 * windows * tokens ** 2 + (routes ? 3 * voxels ** 2 : 0)) *
      channels;
    total.softmax += 2 * windows * heads * tokens ** 2;
  });
  return total;
}
