import { setFinder } from "./set_finder.ts";
import type { LabelVolume, Mask, Triple } from "./volume.ts";

/** The connected components of a mask, or of each label of a volume. */
export interface Components {
  /** For each voxel 0 (background) or the number of its component, from 1. */
  readonly numbers: Int32Array;
  /** `sizes[n]` is the number of voxels of component n; `sizes[0]` is 0. */
  readonly sizes: readonly number[];
}

/** Voxels that count as neighbours: those that share a face, or also an edge or a corner. */
export type Neighbourhood = 6 | 26;

/**
 * The connected components of a mask, or of all labels at once: voxels of different values are never
 * of the same component. They are numbered in the order of their first voxels. Runs of voxels
 * along x are joined to the runs of the rows before (union-find), so that the work grows with the
 * number of runs rather than of voxels.
 */
export function labelComponents(
  mask: Pick<Mask | LabelVolume, "shape" | "data">,
  neighbourhood: Neighbourhood = 26,
): Components {
  const runs = findRuns(mask);
  const { numberOfRun, sizes } = numberRuns(runs, mask.shape, neighbourhood);
  const numbers = new Int32Array(mask.data.length);
  for (let run = 0; run < runs.count; run++) {
    numbers.fill(numberOfRun[run], runs.start[run], runs.end[run]);
  }
  return { numbers, sizes };
}

/** What is smaller than this share of the largest component is a stray, not a piece of an organ. */
const pieceShare = 0.1;

/**
 * The numbers of the components that are pieces of one organ, largest first (of several equally
 * large, the first in memory): those that hold at least a tenth of the largest one's voxels.
 *
 * @param sizes as of {@linkcode Components}: numbers begin at 1; other measures of size will do
 * @param most pieces, at most
 */
export function piecesOf(sizes: readonly number[], most = Infinity): number[] {
  const bySize = [...sizes.keys()].slice(1).toSorted((a, b) => sizes[b] - sizes[a]);
  return bySize.filter((n) => sizes[n] >= pieceShare * sizes[bySize[0]]).slice(0, most);
}

/** A mask's largest connected component, or so many pieces: see {@linkcode piecesOf}. */
export function largestPieces(mask: Mask, most = 1, neighbourhood: Neighbourhood = 26): Mask {
  const data = new Uint8Array(mask.data.length);
  fillLargest(findRuns(mask), mask.shape, { most, neighbourhood }, data, 1);
  return { ...mask, data };
}

/**
 * {@linkcode largestPieces} of each value of some labels.
 *
 * @param most pieces of the values 1, 2 ...; nothing is left of others
 */
export function largestPiecesOfEach(
  labels: { readonly shape: Triple; readonly data: Uint16Array },
  most: readonly number[],
  neighbourhood: Neighbourhood = 26,
): Uint16Array {
  const data = new Uint16Array(labels.data.length);
  most.forEach((count, i) => {
    if (count === 0) return;
    const runs = findRuns(labels, i + 1);
    fillLargest(runs, labels.shape, { most: count, neighbourhood }, data, i + 1);
  });
  return data;
}

function fillLargest(
  runs: Runs,
  shape: Triple,
  { most, neighbourhood }: { most: number; neighbourhood: Neighbourhood },
  target: Uint8Array | Uint16Array,
  value: number,
): void {
  const { numberOfRun, sizes } = numberRuns(runs, shape, neighbourhood);
  const isKept = new Uint8Array(sizes.length);
  for (const number of piecesOf(sizes, most)) isKept[number] = 1;
  for (let run = 0; run < runs.count; run++) {
    if (isKept[numberOfRun[run]] === 1) target.fill(value, runs.start[run], runs.end[run]);
  }
}

/** The component of each run, and the components' sizes in voxels; as in {@linkcode Components}. */
function numberRuns(
  runs: Runs,
  shape: Triple,
  neighbourhood: Neighbourhood,
): { numberOfRun: Int32Array; sizes: number[] } {
  const parent = joinRuns(runs, shape, neighbourhood);
  const numberOfRoot = new Map<number, number>();
  const numberOfRun = new Int32Array(runs.count);
  const sizes = [0];
  for (let run = 0; run < runs.count; run++) {
    const root = findRoot(parent, run);
    let number = numberOfRoot.get(root);
    if (number === undefined) {
      number = sizes.length;
      numberOfRoot.set(root, number);
      sizes.push(0);
    }
    numberOfRun[run] = number;
    sizes[number] += runs.end[run] - runs.start[run];
  }
  return { numberOfRun, sizes };
}

/** Stretches of equal voxels along x, in the order of memory; `end` is half-open. */
interface Runs {
  readonly count: number;
  readonly start: readonly number[];
  readonly end: readonly number[];
  readonly value: readonly number[];
  /** Index of the first run of each row; one entry more than there are rows. */
  readonly firstOfRow: Int32Array;
}

/** The runs of a value, or of all values but 0. */
function findRuns(
  { shape, data }: { readonly shape: Triple; readonly data: Uint8Array | Uint16Array },
  wanted?: number,
): Runs {
  const [width, height, depth] = shape;
  const rows = height * depth;
  const start: number[] = [];
  const end: number[] = [];
  const value: number[] = [];
  const firstOfRow = new Int32Array(rows + 1);
  const nextSet = setFinder(data);
  let row = 0;
  for (let i = nextSet(0); i < data.length; i = nextSet(i)) {
    const rowOfRun = Math.floor(i / width);
    while (row <= rowOfRun) firstOfRow[row++] = start.length;
    const stop = (rowOfRun + 1) * width;
    const label = data[i];
    const isRun = wanted === undefined || label === wanted;
    if (isRun) start.push(i);
    while (i < stop && data[i] === label) i++;
    if (!isRun) continue;
    end.push(i);
    value.push(label);
  }
  while (row <= rows) firstOfRow[row++] = start.length;
  return { count: start.length, start, end, value, firstOfRow };
}

function joinRuns(runs: Runs, shape: Triple, neighbourhood: Neighbourhood): Int32Array {
  const [width, height, depth] = shape;
  const parent = Int32Array.from({ length: runs.count }, (_, run) => run);
  const earlier = neighbourhood === 6 ? [[-1, 0], [0, -1]] : [[-1, 0], [-1, -1], [0, -1], [1, -1]];
  const reach = neighbourhood === 6 ? 0 : 1;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (const [dy, dz] of earlier) {
        if (y + dy < 0 || y + dy >= height || z + dz < 0) continue;
        joinRows(runs, parent, y + height * z, y + dy + height * (z + dz), width, reach);
      }
    }
  }
  return parent;
}

/** Joins the runs of two rows that have one value and whose x ranges, widened by `reach`, overlap. */
function joinRows(
  runs: Runs,
  parent: Int32Array,
  row: number,
  other: number,
  width: number,
  reach: number,
): void {
  const shift = (row - other) * width;
  let a = runs.firstOfRow[row];
  let b = runs.firstOfRow[other];
  while (a < runs.firstOfRow[row + 1] && b < runs.firstOfRow[other + 1]) {
    joinIfNear(runs, parent, a, b, shift, reach);
    const ahead = runs.end[a] - (runs.end[b] + shift);
    // Where both end, each may also touch by a corner what follows the other.
    if (ahead === 0 && a + 1 < runs.firstOfRow[row + 1]) {
      joinIfNear(runs, parent, a + 1, b, shift, reach);
    }
    if (ahead < 0) a++;
    else b++;
  }
}

function joinIfNear(
  { start, end, value }: Runs,
  parent: Int32Array,
  a: number,
  b: number,
  shift: number,
  reach: number,
): void {
  if (value[a] !== value[b]) return;
  if (start[a] >= end[b] + shift + reach || start[b] + shift >= end[a] + reach) return;
  const [rootA, rootB] = [findRoot(parent, a), findRoot(parent, b)];
  parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
}

function findRoot(parent: Int32Array, run: number): number {
  while (parent[run] !== run) {
    parent[run] = parent[parent[run]];
    run = parent[run];
  }
  return run;
}
