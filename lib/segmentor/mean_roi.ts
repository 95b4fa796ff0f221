import { eachAxis } from "../volume/box.ts";
import type { ScoredBlock } from "../volume/label_block.ts";
import { voxelCount } from "../volume/volume.ts";
import { decideBlock, type SpreadLogits } from "./roi.ts";

/**
 * The decision of several networks about the same classes on one grid: their probabilities are
 * averaged at its voxels (Isensee 2021, nnU-Net: the ensemble of the folds), and outside its own
 * region a network is certain of background. One network decides as `pasteRoi` does.
 *
 * @returns a block that covers all regions; its margins are logits of the mean probability
 * @throws RangeError when there is none, or their channels differ
 */
export function pasteMeanBlock(networks: readonly SpreadLogits[]): ScoredBlock {
  const [first, ...others] = networks;
  if (first === undefined) throw new RangeError("no network has segmented the region");
  if (others.length === 0) return decideBlock(first);
  const counts = networks.map(({ planes }) => planes.length);
  if (new Set(counts).size > 1) {
    throw new RangeError(`networks with ${counts.join(" and ")} channels have no mean`);
  }
  const origin = eachAxis((axis) => Math.min(...networks.map((one) => one.origin[axis])));
  const end = eachAxis((axis) =>
    Math.max(...networks.map((one) => one.origin[axis] + one.shape[axis]))
  );
  const union = { grid: first.grid, origin, shape: eachAxis((axis) => end[axis] - origin[axis]) };
  const size = voxelCount(union.shape);
  // Of each class, background first. It is summed by itself: what 1 leaves would lose its last digits.
  const sums = Array.from({ length: Math.max(2, counts[0]) }, () => new Float32Array(size));
  const covered = new Uint8Array(size);
  for (const network of networks) addProbabilities(network, union, sums, covered);
  for (let i = 0; i < size; i++) sums[0][i] += networks.length - covered[i];
  return decideBlock({ ...union, planes: sums.map((sum) => sum.map(Math.log)) });
}

/** Adds a network's probabilities, and 1 to `covered`, in its region. */
function addProbabilities(
  { origin, shape: [width, height, depth], planes }: SpreadLogits,
  union: Pick<SpreadLogits, "origin" | "shape">,
  sums: readonly Float32Array[],
  covered: Uint8Array,
): void {
  const corner = eachAxis((axis) => origin[axis] - union.origin[axis]);
  const [unionWidth, unionHeight] = union.shape;
  let from = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      let to = corner[0] + unionWidth * (corner[1] + y + unionHeight * (corner[2] + z));
      for (let x = 0; x < width; x++, from++, to++) {
        covered[to]++;
        if (planes.length === 1) addSigmoid(planes[0][from], sums, to);
        else addSoftmax(planes, from, sums, to);
      }
    }
  }
}

function addSigmoid(logit: number, sums: readonly Float32Array[], to: number): void {
  sums[0][to] += 1 / (1 + Math.exp(logit));
  sums[1][to] += 1 / (1 + Math.exp(-logit));
}

function addSoftmax(
  planes: readonly Float32Array[],
  from: number,
  sums: readonly Float32Array[],
  to: number,
): void {
  let largest = -Infinity;
  for (const plane of planes) largest = Math.max(largest, plane[from]);
  let total = 0;
  for (const plane of planes) total += Math.exp(plane[from] - largest);
  sums.forEach((sum, i) => sum[to] += Math.exp(planes[i][from] - largest) / total);
}
